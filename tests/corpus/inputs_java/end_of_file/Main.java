class Main {
    void open() {
        while (true) {
