use std::fmt;
use std::collections::{BTreeMap, HashMap};

fn unused(value: i32) -> i32 {
    let mut copy = 1;
    return 2;
    copy
}

fn main() {
    let UpperCase = 1;
    let _map: HashMap<u8, u8> = HashMap::new();
    while true {
        break;
    }
    Some(1);
    std::fs::remove_file("x");
}
