int main() {
    int never_used = 1;
    return 0;
}
