fn main() {
	let first:	u8 = "tab";
		let second = first	+ missing;
	println!("{}",	third);
}
