const std = @import("std");

pub fn main() void {
	const first:	u8 = "tab";
	_ = first;
}

export fn second() void {
		const x: u8	= 	"two";
		_ = x;
}
