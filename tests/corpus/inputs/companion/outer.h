#pragma once
#include "inner.h"
inline int outer(int n) { return inner(n) }
