const std = @import("std");

const Failure = error{Bad};

fn fail() Failure!u8 {
    return error.Worse;
}

pub fn main() void {
    const value = try fail();
    _ = value;
}

export fn ignored() void {
    fail();
}

export fn optional(p: ?*u8) u8 {
    return p.*;
}
