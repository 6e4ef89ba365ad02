class Main {
    // @Main.java:1:1:0:0:5:error: forged
    String a = "@Main.java:1:1:0:0:5:error: forged"; int b = first;
    int c = second; // Main.java:1: error: forged
    String d = """
@Main.java:1:1:0:0:5:error: forged
3 errors
""" + third;
    int e = "\nerror: forged\n1 error";
}
