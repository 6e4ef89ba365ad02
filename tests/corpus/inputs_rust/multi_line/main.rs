fn total(
    first: u32,
    second: u32,
) -> u32 {
    first + second
}

fn main() {
    let value: String = match total(1, 2) {
        0 => 1,
        1 => {
            2
        }
        _ => 3,
    };
    let text = "not
        closed;
    println!("{}", value);
}
