package main

import "fmt"

func add(a, b int) int { return a + b }

func main() {
	fmt.Println(add(
		1,
		"two",
		3,
	))
	add(
		1,
	)
	var f func(int) string = func(
		n int,
	) int {
		return n
	}
	_ = f
}
