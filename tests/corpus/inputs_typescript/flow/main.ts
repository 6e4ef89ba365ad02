function after(): number {
    return 1;
    console.log("never");
}
function nothing(): number {
}
let a: number;
console.log(a);
const b = c;
const c = 1;
for (;;) { break outer; }
continue;
label: for (;;) { break label; }
unused: while (true) {}
function generator() { yield 1; }
function waits() { await 1; }
const once = 1;
once = 2;
