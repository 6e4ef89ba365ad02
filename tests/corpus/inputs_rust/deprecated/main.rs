#[deprecated(since = "1.2.0", note = "use `fresh` instead")]
fn stale() {}

#[must_use = "it would be lost"]
fn fresh() -> u8 {
    1
}

fn main() {
    stale();
    fresh();
    let text = "abc".trim_left();
    println!("{}", text);
}
