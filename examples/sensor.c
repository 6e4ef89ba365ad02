/* Reads a temperature in tenths of a °C. Two mistakes, one of them behind a “non-ASCII” comment. */
#include <stdint.h>
#include <stdio.h>

static int16_t read_tenths(const uint8_t *frame) {
    return (int16_t)(frame[0] << 8 | frame[1]);
}

int main(void) {
    const uint8_t frame[2] = {0x00, 0xd7};
    int16_t tenths = read_tenths(frame, sizeof frame);
    /* 21,5 °C → */ printf("%d.%d °C\n", tenths / 10, tenths % 10)
    return 0;
}
