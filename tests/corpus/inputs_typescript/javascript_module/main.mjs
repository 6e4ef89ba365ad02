class Stack {
    items = [];
    /** @param {number} item */
    push(item) {
        this.items.push(item);
        return this;
    }
}
export const stack = new Stack().push(1);
console.log(stack?.items ?? "none", await import("./main.js"));
