pub fn main() void {
    const größe = 1;
    _ = größe;
}
