/** What tsc compiles once when its image is made, so that node keeps its compiled code. */
interface Shape {
    readonly area: number;
}

class Square implements Shape {
    constructor(private readonly side: number) {}

    get area(): number {
        return this.side ** 2;
    }
}

async function largest<T extends Shape>(shapes: Iterable<T>): Promise<T | undefined> {
    return [...shapes].sort((one, other) => other.area - one.area)[0];
}

export const found = largest([1, 2, 3].map((side) => new Square(side)));
