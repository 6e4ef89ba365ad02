#include <stdio.h>

struct point { int x, y; };

int matrix[2][2] = {1, 2, 3, 4};
struct point origin = { .z = 1 };

int main(void)
{
    int *p = 5;
    char *s = p;
    undeclared_function(1);
    printf("%d\n", "text");
    struct point q = {1, 2, 3};
    for (int i = 0; i < 3; i++) {
        p->x = i;
    }
    return q
}
