type Shape = { kind: "circle"; radius: number } | { kind: "square"; side: number };
function area(shape: Shape): number {
    switch (shape.kind) {
        case "circle": return shape.side;
        case "triangle": return 1;
    }
}
const shape: Shape = { kind: "circle", side: 1 };
let direction: "left" | "right" = "up";
enum Color { Red, Green }
const color: Color = Color.Blue;
const wrong: Color = "Red";
if (direction === "down") {}
const key: keyof Shape = "radius";
