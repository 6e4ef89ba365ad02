fn main() {
    let x: u8 = "x";

    let y: u8 = "y"; let z: u8 = "z";
}
