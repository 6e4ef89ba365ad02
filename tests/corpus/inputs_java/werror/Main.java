class Main {
    int year() {
        return new java.util.Date().getYear();
    }
}
