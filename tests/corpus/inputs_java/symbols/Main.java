import java.utl.List;
import java.util.Lst;

class Main extends Missing implements Runable {
    Unknown field;

    void call() {
        undefined();
        this.gone = 1;
        new Main().missing(1, "a");
        System.out.printn("x");
        Main.other();
        int a = b + c;
        java.util.List<Strng> list;
    }
}
