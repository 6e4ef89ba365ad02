const std = @import("std");

pub fn main() void {
    var value: usize = 1;
    const pointer: *u8 = @ptrCast(&value);
    _ = pointer;
    const n: u8 = value;
    _ = n;
}

export fn old() void {
    async old();
    usingnamespace std;
}
