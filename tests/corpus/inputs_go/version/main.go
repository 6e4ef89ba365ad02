package main

import "fmt"

func Sum[T int | float64](list ...T) T {
	var total T
	for i := range 3 {
		total += T(i)
	}
	clear(list)
	return total
}

func main() {
	fmt.Println(Sum(1, 2), min(1, 2), 0b11, 1_000)
}
