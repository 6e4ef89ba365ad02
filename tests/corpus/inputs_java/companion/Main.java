class Main {
    int a = Other.NUMBER;
    int b = Other.text();
    int c = new Other().missing;
}
