package main

import "fmt"

func main() {
	fmt.Println(add(
		1,
		"two",
		three,
	))
	var text string = 1 +
		2 +
		3
	raw := `not
closed
	fmt.Println(raw)
}

func add(a, b int) int { return a + b }
