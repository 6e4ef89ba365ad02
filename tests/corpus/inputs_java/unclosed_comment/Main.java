class Main {
    /* it never
       ends
}
