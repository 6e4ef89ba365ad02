const a = 'ab';
const b = "\q";
const c = 0x;
const d = 1__0;
const e = 09;
const f = "\u{110000}";
const g = @nothing();

pub fn main() void {}
