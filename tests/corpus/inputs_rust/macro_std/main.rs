struct Opaque;

fn main() {
    println!("{} {}", 1);
    println!("{}", Opaque);
    assert_eq!(Opaque, Opaque);
    let list: Vec<u8> = vec![1, "two"];
    dbg!(list.len() + "x");
    format!("{missing}");
}
