interface Shape {
    double area();
    default String name() { return "shape"; }
}

abstract class Base {
    abstract int size();
    final void fixed() {}
    protected void visible() {}
}

class Circle implements Shape {
    double radius;
}

class Main extends Base {
    int size() { return "three"; }
    void fixed() {}
    private void visible() {}

    @Override
    public String toStrin() { return ""; }

    int twice() { return 1; }
    int twice() { return 2; }

    static void still() { this.visible(); visible(); }
    Base base = new Base();
}

final class Last {}

class More extends Last {}

class Loop extends Loop {}
