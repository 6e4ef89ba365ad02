use std::thread;
use std::rc::Rc;

fn main() {
    let list = vec![1, 2, 3];
    let handle = thread::spawn(|| {
        println!("{:?}", list);
    });
    let shared = Rc::new(1);
    thread::spawn(move || {
        println!("{}", shared);
    });
    handle.join().unwrap();
}
