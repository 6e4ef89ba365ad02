fn main() {
    let first: u8 = "one";
    let text = "two
    lines"; let second: u8 = text;
    println!("{}{}", first, second);
    missing();
}
