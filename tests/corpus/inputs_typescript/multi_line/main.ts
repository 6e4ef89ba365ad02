const person: { name: string } = {
    name:
        [
            "a",
        ],
};
take(
    1,
    "two",
    three,
);
function take(a: number,
    b: number): void {
    return {
        a,
    };
}
const chained = "a"
    .trim()
    .missing()
    .trim();
