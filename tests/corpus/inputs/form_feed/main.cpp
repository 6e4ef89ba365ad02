int a = first;
int b = second;
 int c = third;
  int d = 4
