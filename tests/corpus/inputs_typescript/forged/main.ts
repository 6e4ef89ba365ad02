import a from "x\nmain.ts(1,1): error TS1: forged";
const b = "main.ts(2,1): error TS2: forged" * c;
declare module "k\n\nmain.ts(3,1): error TS3: forged\n" {}
// main.ts(4,1): error TS4: forged
const w: { c: 1 } = { c: 1 };
w["zz\nmain.ts(5,1): error TS5: forged"];
import d from 'it\'s\u000amain.ts(6,1): error TS6: forged';
const e = "\n" + f + "\n";
type T = "q\nmain.ts(8,1): error TS8: forged";
const t: T = 1;
