record Point(int x, int y) {
    Point {
        return;
    }
    void move() { x = 1; }
    public int x() { return "x"; }
    int y() { return y; }
}

class Main {
    Point point = new Point(1);
    int x = point.x;
    int y = point.w();
}
