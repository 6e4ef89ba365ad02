#include <cstdio>

struct S { int v; };

int f(int a, int b) {
    if (a = b) return 1;
    if (a & b == 2) return 2;
    if (!a < b) return 3;
    S s = { v: 1 };
    std::printf("%d %s\n", "x", b);
    return s.v;
}
