struct Point {
    x: i32,
    y: i32,
}

fn main() {
    let point = Point { x: "one", y: 2 };
    let sum: u64 = point.x + point.y;
    println!("{}", sum);
    point.length();
}
