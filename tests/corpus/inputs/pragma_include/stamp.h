#define STAMP missing_stamp
int stamped = 1;
