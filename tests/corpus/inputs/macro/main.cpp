#define SQUARE(x) ((x) * (y))
#define CALL(f, a) f(a)

int main() {
    int a = SQUARE(3);
    return CALL(missing, a);
}
