const a = first;
	const b	=	second;
 	const c = a + third;
    	const d = "	" + fourth;
	f(	g,	h	);
