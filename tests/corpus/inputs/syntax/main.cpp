int half(int n) {
    int m = n / 2
    return m;
}

int open_brace(int n) {
    if (n > 0) {
        return 1;
