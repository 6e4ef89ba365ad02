abstract class Shape {
    abstract area(): number;
    protected secret = 1;
    private hidden = 2;
    #deep = 3;
    static readonly count = 0;
}
class Circle extends Shape {
}
class Square extends Shape {
    override area(): string { return ""; }
    override missing(): void {}
    constructor() { this.secret = 2; }
}
new Shape();
const square = new Square();
square.secret;
square.hidden;
square.#deep;
Shape.count = 1;
class Twice { a = 1; a = 2; get b() { return 1; } set b(v: string) {} }
interface Shown { shown: string }
class Implements implements Shown { shown = 1; }
