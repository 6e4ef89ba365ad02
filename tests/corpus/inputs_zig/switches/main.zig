const Color = enum { red, green, blue };

fn name(color: Color) []const u8 {
    return switch (color) {
        .red => "red",
        .green => "green",
    };
}

export fn twice(n: u8) u8 {
    return switch (n) {
        1 => 1,
        1 => 2,
        300 => 3,
        else => 0,
    };
}

pub fn main() void {
    _ = name(.purple);
    _ = name(.red);
}
