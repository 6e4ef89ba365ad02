import java.util.ArrayList;
import java.util.List;

class Main {
    int number = "text";
    String text = 5;
    List<String> strings = new ArrayList<Integer>();
    boolean flag = 1 + true;
    int narrow = 5L;
    float real = 0.5;

    int add(int a, String b) {
        return a - b;
    }

    void use() {
        Object o = "x";
        int length = o.length();
        Integer wrong = (Integer) "cast";
        if (number) {}
        for (String s : 5) {}
        number.foo();
    }
}
