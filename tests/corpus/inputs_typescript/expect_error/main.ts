// @ts-expect-error
const a: number = "x";
// @ts-expect-error
const b: number = 1;
// @ts-ignore
const c: number = "y";
const d: number = "z";
