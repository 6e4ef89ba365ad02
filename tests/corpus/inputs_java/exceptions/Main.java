import java.io.FileReader;
import java.io.IOException;

class Main {
    void open() {
        new FileReader("a");
    }

    void never() {
        try {
            int a = 1;
        } catch (IOException e) {
        }
    }

    void order() {
        try {
            open();
        } catch (Exception e) {
        } catch (RuntimeException e) {
        }
    }

    void resource() {
        try (String s = "a") {
        }
    }

    void raise() {
        throw "text";
    }
}
