int compute(int a, int b, int c);

struct S {};

int main() {
    S s;
    int n = compute(1,
                    2);
    s = (n
         + 1
         + compute(1,
                   2,
                   3));
    return (s
            - 1);
}
