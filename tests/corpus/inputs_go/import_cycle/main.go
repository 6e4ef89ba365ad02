package main

import "C"
import "unsafe"

func main() {
	C.puts(nil)
	_ = unsafe.Sizeof(undefined)
}
