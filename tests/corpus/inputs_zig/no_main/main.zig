fn helper(number: u32) u32 {
    return number + "1";
}

pub fn reachable(number: u32) u32 {
    return helper(number);
}
