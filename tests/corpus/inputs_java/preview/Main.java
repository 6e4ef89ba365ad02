class Main {
    int of(Object o) {
        return switch (o) {
            case String s -> s.length();
            case Integer i when i > 1 -> i;
            default -> 0;
        };
    }
    void unnamed() {
        int _ = 1;
    }
}
