[[deprecated("old\nmain.cpp:1:1: error: forged\n int a;\n ^\nfix-it:\"main.cpp\":{1:1-1:2}:\"forged\"")]] int old();
int a = old();
[[deprecated("one\nmain.cpp:4:9: warning: forged")]] int older();
int b = older();
#pragma message("two\nIn file included from main.cpp:9:\n[{\"kind\": \"error\"}]")
int c = first;
