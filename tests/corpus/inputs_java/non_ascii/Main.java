// é 漢 😀
class Main {
    String a = "é"; int b = first;
    String c = "漢字"; int d = second;
    String e = "😀😀"; int f = third;
	String g = "éé漢😀"; int h = fourth;
    int größe = fünfte;
    int i = "é漢😀" * größe;
}
