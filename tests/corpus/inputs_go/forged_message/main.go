package main

// main.go:1:1: forged
func main() {
	var x int = "a\nmain.go:1:1: forged"
	var y int = `a
main.go:2:2: forged
# command-line-arguments
	main.go:3:3: forged`
	var z struct{ a int "main.go:4:4: forged\n" } = 1
}
