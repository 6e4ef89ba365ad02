let n: number = "text";
const s: string = 5;
function add(a: number, b: string): number {
    return a - b;
}
add(1);
add("a", "b", "c");
const flag: boolean = n + 1;
n.missing();
"x".length = 5;
const tuple: [number, string] = ["a", 1];
for (const c of 5) {}
new n();
n();
let never: never = 1;
