struct Point { int x; int y; };

int add(int a, int b) { return a + b; }

int main() {
    Point p = {1, 2};
    int n = p;
    int m = add("one", 2);
    const int k = 3;
    k = 4;
    return n + m + p * 2;
}
