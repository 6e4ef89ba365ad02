package main

import _ "embed"

//go:embed secret.txt
var text string

//go:linkname runtimeNano runtime.nanotime
func runtimeNano() int64

func external(int) int

func main() {
	println(text, runtimeNano(), external("x"))
}
