import java.io.FileReader;
import java.io.IOException;

class Main {
    void open() {
        new FileReader("a");
        try (FileReader é = new FileReader("漢")) {
        }
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

    int field = fails();
    static int fails() throws Exception { throw new Exception(); }
}
