int main() {
	int a = first;
		int b	=	second;
 	int c = a + third;
    	return a + b + c
}
