static int f(int a)
{
    int b = a +
    return b;
}

int g(void) { return f(1, 2); }
void h(void) { return 1; }
int k(int n) { goto nowhere; }
