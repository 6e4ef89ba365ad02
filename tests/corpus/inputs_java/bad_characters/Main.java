class Main {
    int a = 1 ’ 2;
    int b = 1 2;
    String c = "\q é \u00zz";
    int 😀 = 1;
    int # = 2;
}
