const std = @import("std");

const Point = struct {
    x: i32,
    y: i32,
};

pub fn main() void {
    const point = Point{ .x = "one", .y = 2 };
    const sum: f32 = point.y;
    std.debug.print("{d}", .{sum});
}

export fn other() i32 {
    const point = Point{ .x = 1, .z = 2 };
    return point.length();
}

export fn text() u8 {
    return "text";
}
