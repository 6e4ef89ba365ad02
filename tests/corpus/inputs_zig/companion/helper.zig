pub const number: u16 = 300;

pub fn broken() void {
    const x: u8 = "x";
    _ = x;
}
