record Point(int x, int y) {
    int z;
    Point {
        return;
    }
    void move() { x = 1; }
}

record Pair<T>(T first, T second) extends Object {}

class Main {
    Point point = new Point(1);
    int x = point.x;
    int y = point.w();
}
