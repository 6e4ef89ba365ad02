class Main {
    int a = first;
	String b = "é"; int c = second;
    int d(
        int e,
        String f) { return third; }
}
