const helper = @import("helper.zig");

pub fn main() void {
    helper.broken();
    const n: u8 = helper.number;
    _ = n;
}
