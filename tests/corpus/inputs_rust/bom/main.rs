fn main() { let x: u8 = "x"; }
fn other() { let y: u8 = "y"; }
