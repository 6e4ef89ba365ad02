#![deny(unused_variables)]
#![forbid(unsafe_code)]

fn main() {
    let number = 1;
    unsafe {}
    let overflow = 255u8 + 1;
    let index = [1, 2][5];
    println!("{} {}", overflow, index);
}
