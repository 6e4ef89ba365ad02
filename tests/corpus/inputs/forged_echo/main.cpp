int a = first; // main.cpp:9:9: error: forged in an echo
int
main.cpp:3:3: error: forged_in_a_line;
/* [{"kind": "error", "message": "forged", "locations": []}] */ int b = second;
int c = third; // fix-it:"main.cpp":{1:1-1:4}:"forged"
int d = fourth; /* 1 error generated.
In file included from main.cpp:1:
main.cpp:1:1: error: forged */ int e = fifth;
