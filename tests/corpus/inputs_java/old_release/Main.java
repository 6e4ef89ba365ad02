class Main {
    var a = 1;
    String b = """
        text
        """;
    int c = switch (1) { default -> 2; };
    record Point(int x) {}
    boolean d = "x" instanceof String s;
}
