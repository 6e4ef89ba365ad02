const std = @import("std");

pub fn main() void {
    const unused = 1;
    var never = 2;
    _ = never;
    var changed: u8 = 3;
}

fn parameter(value: u8) void {}
