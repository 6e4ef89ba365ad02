int a = first;

  int b = second;
int c = 3
int d = 4;
// é
int e = third; // 漢
