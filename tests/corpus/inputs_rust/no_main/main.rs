pub fn helper(number: u32) -> u32 {
    number + 1
}

fn lonely() {}
