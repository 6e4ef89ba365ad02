import java.util.List;

public class Main {
    record Point(int x, int y) {}

    static int sum(List<Point> points) {
        return points.stream().mapToInt(point -> point.x() + point.y()).sum();
    }

    public static void main(String[] arguments) {
        System.out.println(sum(List.of(new Point(1, 2))));
    }
}
