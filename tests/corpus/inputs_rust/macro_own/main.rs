macro_rules! add {
    ($left:expr, $right:expr) => {
        $left + $right
    };
}

macro_rules! broken {
    () => {
        let value: u8 = "text";
    };
}

fn main() {
    let sum = add!(1, "two");
    broken!();
    println!("{}", sum);
}
