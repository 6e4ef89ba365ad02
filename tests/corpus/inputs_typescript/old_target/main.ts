const big = 10n;
const at = [1].at(0);
class A { #a = 1; static { } }
const found = Object.hasOwn({}, "a");
await 1;
export {};
