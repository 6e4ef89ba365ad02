import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What javac compiles once when its image is made, so that the classes that it needs for it are known. */
public class Preload {
    enum Colour { RED, GREEN }

    interface Shape {
        double area();
    }

    static class Square implements Shape {
        private final int side;

        Square(int side) {
            this.side = side;
        }

        @Override
        public double area() {
            return side * side;
        }
    }

    static <T, R extends Comparable<R>> List<R> sorted(List<? extends T> from, Function<? super T, R> key) {
        return from.stream().map(key).sorted().collect(Collectors.toList());
    }

    @SuppressWarnings("unchecked")
    public static void main(String[] arguments) throws Exception {
        int count = 0;
        List<Shape> shapes = new ArrayList<>();
        for (String argument : arguments) {
            try {
                shapes.add(new Square(Integer.parseInt(argument)));
            } catch (NumberFormatException | NullPointerException wrong) {
                System.err.println(argument + ": " + wrong.getMessage());
            } finally {
                count += 1;
            }
        }
        switch (Colour.values()[count % 2]) {
            case RED:
                System.out.println(sorted(shapes, shape -> shape.area()));
                break;
            default:
                Map<Boolean, List<Shape>> large = shapes.stream()
                    .collect(Collectors.partitioningBy(shape -> shape.area() > 10));
                Runnable printing = () -> System.out.println(large.size());
                printing.run();
        }
    }
}
