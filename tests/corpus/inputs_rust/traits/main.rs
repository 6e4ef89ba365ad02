use std::collections::HashMap;

struct Key(u8);

trait Shape {
    fn area(&self) -> f64;
    fn name(&self) -> String;
}

struct Square(f64);

impl Shape for Square {
    fn area(&self) -> f64 {
        self.0 * self.0
    }
}

fn main() {
    let mut map = HashMap::new();
    map.insert(Key(1), "one");
    println!("{}", Square(2.0).area());
}
