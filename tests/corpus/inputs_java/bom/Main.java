class Main {
    int a = first;
}
