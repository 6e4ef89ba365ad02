#include <cstdio>
#include "stamp.h"
#include "stamp.h"
int main() { return STAMP; }
