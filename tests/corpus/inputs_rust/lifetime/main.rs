fn pick(left: &str, right: &str) -> &str {
    if left.len() > right.len() { left } else { right }
}

fn dangling() -> &'static str {
    let owned = String::from("gone");
    &owned
}

fn main() {
    println!("{}{}", pick("a", "b"), dangling());
}
