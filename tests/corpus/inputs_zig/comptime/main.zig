const std = @import("std");

fn check(comptime n: u32) void {
    if (n == 0) @compileError("reached the end: ä\nsecond line");
    check(n - 1);
}

fn List(comptime T: type) type {
    if (T == u8) @compileError("no bytes");
    return struct { item: T };
}

pub fn main() void {
    check(3);
    var list: List(u8) = undefined;
    _ = &list;
}

comptime {
    const x: u8 = 256;
    _ = x;
}

export fn log() void {
    @compileLog("value", 1 + 1);
}
