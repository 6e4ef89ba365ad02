const std = @import("std");

pub fn main() void {
    const count = 3
    const twice = count * 2;
    foo(;
}

fn other( {
}
