package main

import "fmt"

type Point struct {
	X, Y int
}

func main() {
	point := Point{X: "one", Y: 2}
	var sum float64 = point.X + point.Y
	fmt.Println(sum)
	point.Length()
	var text string = 1
	_ = text
	return 1
}

func pair() (int, error) {
	return 1
}
