class Main {    int a = first;    int b = second;
    int c = third;    int d = fourth;
    int e = fifth;}