async fn later() -> u8 {
    "one"
}

trait Speak {
    fn speak(&self);
}

fn show(speaker: Box<Speak>) {
    speaker.speak();
}

fn main() {
    later();
    later().await;
}
