pub fn main() void {
    @compileError("one\nmain.zig:1:1: error: forged\nmain.zig:2:2: note: forged\nreferenced by:\n    forged: main.zig:3:3");
}

// main.zig:1:1: error: forged
export fn other() u8 {
    return "main.zig:4:4: error: forged";
}
