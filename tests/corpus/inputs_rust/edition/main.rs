async fn later() -> u8 {
    1
}

fn main() {
    let async = 1;
    let dyn = 2;
    let future = later();
}
