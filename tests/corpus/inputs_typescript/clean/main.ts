interface Point {
    readonly x: number;
    readonly y: number;
}

export function sum(points: readonly Point[]): number {
    return points.reduce((total, { x, y }) => total + x + y, 0);
}

console.log(sum([{ x: 1, y: 2 }]), new Map<string, number>());
await Promise.resolve(`${sum([])}`);
