fn main() {
    let a = 1;    let b: u8 = "x";
    let c: u8 = "y"; // onetwo
    println!("{}{}{}", a, b, c);
}
