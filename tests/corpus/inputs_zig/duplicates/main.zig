const value = 1;
const value = 2;

fn same() void {}
fn same() void {}

const Pair = struct {
    x: u8,
    x: u8,
};

pub fn main() void {
    const value = 3;
    _ = value;
    const i = 1;
    const i = 2;
    _ = i;
}
