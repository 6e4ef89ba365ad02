class Main {
    String a = "é漢😀"; int b = (1;
    /* 漢 */ int j = 1 /* 😀 */ int k;
}
