const std = @import("std");
const gone = @import("gone.zig");
const package = @import("package");
const outside = @import("../outside.zig");
const text = @embedFile("gone.txt");

pub fn main() void {
    _ = gone;
    _ = package;
    _ = outside;
    _ = text;
    _ = std.gone;
}
