fn main() {
    let total: u32 = (1..=4).sum();
    println!("{total}");
}
