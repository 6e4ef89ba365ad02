fn main() {
    let count = 3
    let twice = count * 2;
    println!("{}", twice);
}
