fn largest<T>(list: &[T]) -> T {
    let mut most = list[0];
    for item in list {
        if *item > most {
            most = *item;
        }
    }
    most
}

fn parse() {
    let value = "5".parse().unwrap();
    let list = Vec::new();
}

fn main() {
    println!("{}", largest::<u8, u8>(&[1, 2]));
    let sum: i32 = vec![1, 2].iter().map(|n| n.to_string()).sum();
    println!("{}", sum);
}
