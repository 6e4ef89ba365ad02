class Main {
    int a = "one"
        + "two"
        + "three";

    String b = new StringBuilder()
        .append("a")
        .missing("b")
        .toString();

    void call() {
        take(
            1,
            "two",
            three);
        Runnable r = () -> {
            return
                1;
        };
    }

    void take(int a,
        int b) {}

    class Inner implements
        Runnable {
        int n;
    }
}
