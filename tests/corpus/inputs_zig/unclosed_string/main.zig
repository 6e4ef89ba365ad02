pub fn main() void {
    const text = "not closed;
    _ = text;
}
