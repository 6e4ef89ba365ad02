fn describe(number: u8) -> &'static str {
    match number {
        0 => "none",
        1 | 2 => "few",
    }
}

fn main() {
    let wrong: u8 = if describe(1).is_empty() {
        1
    } else {
        "several"
    };
    let block: u8 = {
        let inner = 1;
        inner;
    };
    println!("{} {}", wrong, block);
}
