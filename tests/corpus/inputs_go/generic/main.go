package main

import "fmt"

type Number interface {
	~int | ~float64
}

func Sum[T Number](list []T) T {
	var total T
	for _, one := range list {
		total += one
	}
	return total
}

func Map[K comparable, V any](list []V, key func(V) K) map[K]V {
	return nil
}

func main() {
	fmt.Println(Sum([]string{"a"}))
	fmt.Println(Sum[int]([]float64{1}))
	Map[[]int]([]int{1}, nil)
	var f = Map
	Sum()
}
