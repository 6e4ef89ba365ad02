declare const version: string;
let value = 1;
declare function take(a: Missing): void;
interface Twice { a: string; a: number }
declare class Box { constructor(a: number) { } }
