int a = first;
#line 100 "grammar.y"
int b = second;
int c = 3
;
int d = third
# 7 "other.y"
int e = fourth;
/*
#line 500 "comment.y"
*/
const char* text = R"(
#line 600 "string.y"
)";
int f = fifth;
#line 20 "main.cpp"
int g = sixth;
