import java.util.function.Function;
import java.util.function.Supplier;

class Main {
    Function<String, Integer> length = s -> s;
    Supplier<String> supply = () -> { return 1; };
    Runnable run = (a, b) -> {};
    Function<String, Integer> parse = Integer::parsInt;
    Object o = () -> 1;
    var field = 1;

    void capture() {
        int n = 0;
        n++;
        Runnable r = () -> System.out.println(n);
        var nothing = null;
        var array = {1, 2};
    }
}
