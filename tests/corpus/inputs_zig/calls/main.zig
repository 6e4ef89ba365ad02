const std = @import("std");

fn add(a: i32, b: i32) i32 {
    return a + b;
}

pub fn main() void {
    _ = add(1);
    add(1, 2);
    std.debug.print("{d} {s}\n", .{ 1, 2 });
    std.debug.print("{d}\n", .{});
}

export fn third() void {
    std.debug.print("{s}\n", .{42});
}
