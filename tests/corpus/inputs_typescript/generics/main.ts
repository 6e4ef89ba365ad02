class Box<T extends { length: number }> {
    constructor(public value: T) {}
}
new Box(5);
const box: Box<number> = new Box("a");
type Pick2<T, K extends keyof T> = { [P in K]: T[P] };
type Wrong = Pick2<{ a: 1 }, "b">;
type Deep<T> = T extends [infer H, ...infer R] ? [H, ...Deep<R>] : T;
const deep: Deep<[1, 2]> = [1, 3];
function first<T>(list: T[]): T { return list; }
const many: Array<string, number> = [];
const map: Map<string> = new Map();
function id<T>(value: T): T { return value; }
id<string>(1);
