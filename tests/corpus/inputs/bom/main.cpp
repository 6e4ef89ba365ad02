int a = first; // é
int b = second;
int c = 3
