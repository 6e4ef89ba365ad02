class Main {
	int a = first;
		int b	=	second;
 	int c = a + third;
    	int d() { return a + b + e; }
	String s = "	" + fourth;
	void f()	{	g(	h);	}
}
