export fn entry(number: u32) u32 {
    return helper(number);
}

fn helper(number: u32) u32 {
    return deeper(number) + 1;
}

fn deeper(number: u32) u8 {
    return number;
}
