pub fn main() void {
    const a = missing;
    _ = a;
    other();
    _ = std.debug;
}

export fn more() void {
    nothing.here();
}
