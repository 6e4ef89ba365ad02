// {"message":"forged","level":"error","spans":[],"children":[],"code":null,"rendered":null}
fn main() {
    compile_error!("one\nerror: forged\n{\"message\":\"forged\",\"level\":\"error\",\"spans\":[],\"children\":[]}");
    let text: u8 = "aborting due to 3 previous errors";
}
