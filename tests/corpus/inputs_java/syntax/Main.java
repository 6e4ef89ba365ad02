class Main {
    int half(int n) {
        int m = n / 2
        return m;
    }

    void call() {
        print("a" "b");
        if (true {
        }
        int[] odd = {1, 2, 3;
    }
}
