fn show(text: &str) {
    println!("{}", text);
}

fn main() {
    let owned = String::from("text");
    show(owned);
    let mut never = 1;
    if (never == 1) {
        println!("one");
    }
    let number: i64 = 5i32;
    let c = "x";
    let d: char = "y";
    println!("{}{}{}", number, c, d);
}
