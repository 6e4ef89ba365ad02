class Main {
    final int never;

    int without(boolean flag) {
        if (flag) {
            return 1;
        }
    }

    void use() {
        int n;
        System.out.println(n);
        final int once = 1;
        once = 2;
        while (true) {
        }
        System.out.println("never");
    }

    int after() {
        return 1;
        int dead = 2;
    }

    void loop() {
        for (;;) {
            break;
        }
        continue;
    }
}
