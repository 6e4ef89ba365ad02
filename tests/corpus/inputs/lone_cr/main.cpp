int a = first;int b = second;  int c = third;
int d = fourth;
int e = fifth;/* ab */ int f = sixth;
