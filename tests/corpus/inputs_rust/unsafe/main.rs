static mut COUNT: u32 = 0;

unsafe fn danger() {}

extern "C" {
    fn abs(value: i32) -> i32;
}

fn main() {
    danger();
    COUNT += 1;
    println!("{}", abs(-1));
    let pointer = &1 as *const i32;
    println!("{}", *pointer);
}
