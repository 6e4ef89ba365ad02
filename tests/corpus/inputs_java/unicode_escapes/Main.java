class Main {
    String a = "\u00e9\u6f22"; int b = first;
    int \u0061b = second; int c = \u0061bc;
    // \u000a int d = third;
    String e = "\ud83d\ude00"; int f = fourth;
}
