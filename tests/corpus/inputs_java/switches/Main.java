class Main {
    enum Color { RED, GREEN }

    sealed interface Shape permits Square {}
    record Square(int side) implements Shape {}
    record Round(int radius) implements Shape {}

    int old(int n) {
        switch (n) {
            case 1: return 1;
            case 1: return 2;
            case "a": return 3;
        }
        return switch (n) {
            case 1 -> 2;
        };
    }

    int of(Color color) {
        return switch (color) {
            case RED -> 1;
            case BLUE -> 2;
        };
    }

    void yields(String s) {
        int n = switch (s) {
            case "a": yield 1;
            default: System.out.println(s);
        };
    }
}
