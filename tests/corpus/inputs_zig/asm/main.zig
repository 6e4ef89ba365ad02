pub fn main() void {
    asm volatile ("bogus");
    suspend {}
    defer return;
    break;
    continue :outer;
    unreachable;
    _ = 1;
}
