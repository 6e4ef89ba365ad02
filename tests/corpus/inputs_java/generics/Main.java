import java.util.List;
import java.util.Map;

class Box<T extends Number> {
    T value;
    static T shared;
    T[] many = new T[3];

    boolean is(Object o) {
        return o instanceof T;
    }
}

class Main {
    Box<String> box;
    List<int> numbers;
    Map<String> map;
    List<? extends Number> wild = List.of("a");

    <A, B extends A> void both(A a, B b) {}

    void use(List<String> strings) {}
    void use(List<Integer> numbers) {}

    void call() {
        Box<Integer> b = new Box<>();
        b.value = "x";
        wild.add(1);
    }
}
