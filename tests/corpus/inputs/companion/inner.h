#pragma once
inline int inner(int n) { return n + wrong_name; }
