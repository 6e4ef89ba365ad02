function implicit(a, b) {
    return a + b;
}
let maybe: string | undefined;
maybe.length;
class Late {
    value: number;
    constructor(private readonly other: string) {}
}
const nothing: string = null;
function returns(n: number) {
    if (n > 1) return 1;
}
function unknowns() {
    try {
    } catch (error) {
        error.message;
    }
}
