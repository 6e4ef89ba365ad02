class Other {
    static final int NUMBER = "none";
    static String text() { return ""; }
}
