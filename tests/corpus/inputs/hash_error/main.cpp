#ifndef NEVER
#error "configure first" // really
#endif
#warning this is a warning
#pragma message("a message")
int a = first;
