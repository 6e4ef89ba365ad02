import java.io.Serializable;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;

class Main implements Serializable {
    List raw = new ArrayList();

    @Deprecated
    void old() {}

    int fall(int n) {
        switch (n) {
            case 1:
                n = 2;
            case 2:
                return n / 0;
        }
        if (n == 1);
        return (int) n;
    }

    @SuppressWarnings("nothing")
    List<String> unchecked() {
        raw.add("a");
        new Date(2020, 1, 1);
        Thread.currentThread().stop();
        return (List<String>) raw;
    }

    @SafeVarargs
    static <T> void many(List<T>... lists) {
        try {
        } finally {
            return;
        }
    }
}
