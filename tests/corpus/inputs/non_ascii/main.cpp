// é 漢 😀
const char* a = "é"; int b = first;
const char* c = "漢字"; int d = second;
const char* e = "😀😀"; int f = third;
	const char* g = "éé漢😀"; int h = fourth;
int größe = fünfte;
int i = "é漢😀" * größe;
/* 漢 */ int j = 1
