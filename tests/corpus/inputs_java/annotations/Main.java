import java.lang.annotation.ElementType;
import java.lang.annotation.Target;

@interface Named {
    String value();
    int size() default 1;
}

@Target(ElementType.METHOD)
@interface Only {}

@Only
class Main {
    @Named int a;
    @Named(value = 1) int b;
    @Named("x") @Named("y") int c;
    @Named(value = "x", colour = "y") int d;
    @Missing int e;
    @FunctionalInterface interface Two { void a(); void b(); }
    @Override int f;
}
