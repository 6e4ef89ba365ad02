const std = @import("std");

pub fn main() void {
    var total: u32 = 0;
    for (0..5) |number| {
        total += @intCast(number);
    }
    std.debug.print("{d}\n", .{total});
}
