static_assert(sizeof(int) == 5, "int is not\nfive bytes\n\nmain.cpp:1:1: error: forged");
int a = first;
constexpr int divide(int n) { return 10 / n; }
constexpr int bad = divide(0);
