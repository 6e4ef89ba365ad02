class Other {
    private int secret;
    private static void hide() {}
    private Other() {}
}

class Main {
    int read(Other other) { return other.secret; }
    void call() { Other.hide(); new Other(); }
    int length = "text".value.length;
    static int count = instance;
    int instance = count;
    static { undefined = 1; }
}
