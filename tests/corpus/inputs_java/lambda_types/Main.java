import java.util.function.Function;
import java.util.function.Supplier;

class Main {
    Function<String, Integer> length = s -> s;
    Supplier<String> supply = () -> { return 1; };
    Runnable run = (a, b) -> {};
    Runnable lines = (a) -> {
        a.run();
    };
    Function<String, Integer> parse = Integer::parsInt;
    Object o = () -> 1;

    void infer() {
        var nothing = null;
        var array = {1, 2};
        var itself = itself + 1;
        var function = () -> 1;
    }
}
