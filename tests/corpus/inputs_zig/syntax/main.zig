const std = @import("std");

pub fn main() void {
    if (true) {
        std.debug.print("open", .{});

}
