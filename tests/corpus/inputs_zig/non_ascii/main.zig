const std = @import("std");

pub fn main() void {
    const text = "äöü"; _ = text; const number: u8 = "ß";
    _ = number;
}

export fn wide() void {
    _ = "𝒜𝒷"; const y: u8 = "日本語";
    _ = y;
}

export fn quoted() void {
    const @"größe": u8 = "x"; // 👨‍👩‍👧
    _ = @"größe";
}
