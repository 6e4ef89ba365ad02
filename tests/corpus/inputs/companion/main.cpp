#include <cstddef>
/* #include "inner.h" */
  #  include   "outer.h"   // the way in

int main() { return outer(1) + undeclared; }
