const std = @import("std");

pub fn main() void {
    const first: u8 = "one";
    _ = first;
    std.debug.print("x", .{});
}

export fn second() u8 {
    return "two";
}
