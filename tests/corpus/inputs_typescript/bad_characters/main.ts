const a = 1 ’ 2;
const b = 1 + c;
const d = "\u{110000}";
const 😀 = 1;
const # = 2;
const e = 1_000_; const f = 0777; const g = 08;
