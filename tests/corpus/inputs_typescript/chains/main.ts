interface Address { street: string; zip: { code: number; extra?: string } }
interface Person { name: string; address: Address; tags: string[] }

const person: Person = {
    name: "x",
    address: { street: "s", zip: { code: "1" } },
    tags: [],
};
declare let other: { name: string; address: { street: string; zip: { code: string } }; tags: string[] };
const again: Person = other;
const call: (a: number, b: (c: string) => void) => string = (a: string, b: (c: number) => void) => a;
declare function over(a: string): void;
declare function over(a: number, b: string): void;
over(true);
over(1, 2);
