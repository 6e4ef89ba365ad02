const SIZE: usize = 4 - 5;
const LIST: [u8; 2] = [1, 2, 3];
const fn loop_back(n: u32) -> u32 {
    if n == 0 { panic!("bottom") }
    loop_back(n - 1)
}
const DEEP: u32 = loop_back(3);

fn main() {
    let array = [0; SIZE];
    println!("{} {}", array.len(), DEEP);
}
