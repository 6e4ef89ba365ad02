struct Counter {
    amount: usize,
}

impl Counter {
    fn increase(&mut self) {
        self.amout += 1;
    }
}

fn main() {
    let mut counter = Counter { amount: 0 };
    counter.increse();
    printn!("{}", counter.amount);
    let totl = 1;
    println!("{}", total);
}
