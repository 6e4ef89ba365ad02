import java.util.ArrayList;
import java.util.Date;
import java.util.List;

class Main {
    List raw = new ArrayList();

    int year() {
        raw.add("a");
        return new Date().getYear();
    }
}
