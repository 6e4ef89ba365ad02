class Main {
    static void take(int n) {}
    static void take(String s, int n) {}
    static void take(char[] cs, long... rest) {}

    static <T extends Comparable<T>> T greatest(T a, T b) {
        return a.compareTo(b) > 0 ? a : b;
    }

    Main(int n) {}

    void call() {
        take(1.5);
        take("a");
        take(null, null, null);
        greatest(new Object(), new Object());
        new Main();
        greatest("a", 1);
    }
}

class Derived extends Main {
}
