pub fn main() void {
    const fixed: u8 = 1;
    fixed = 2;
    var list = [_]u8{ 1, 2, 3 };
    list[5] = 1;
    var small: u8 = 255 + 1;
    small += 1;
    const zero: u8 = 1 / 0;
    _ = zero;
}
