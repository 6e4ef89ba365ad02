#include <cstdio>

int f(int unused, int n) {
    int never_used = 1;
    switch (n) {
        case 1: n = 2;
        case 2: return 3;
    }
    if (n = 4) return 5;
    std::printf("%s\n", n);
    unsigned u = 1;
    if (n < u) return 6;
}
