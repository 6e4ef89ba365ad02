const std = @import("std");

pub fn main() void {
    const sum: u8 = add(
        1,
        "two",
    );
    _ = sum;
}

fn add(
    a: u8,
    b: u8,
) u8 {
    return a + b;
}

export fn lines() u8 {
    const text: u8 =
        \\first
        \\second
    ;
    return text;
}
