pub fn main() void { const x: u8 = "x"; _ = x; }
export fn other() u8 { return "y"; }
