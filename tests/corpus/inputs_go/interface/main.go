package main

type Shape interface {
	Area() float64
	Name() string
}

type Square struct{ side float64 }

func (s *Square) Area() float64 { return s.side * s.side }

type Circle struct{}

func (Circle) area() float64 { return 1 }
func (c *Circle) Name() string { return "circle" }

func main() {
	var shape Shape = Square{2}
	shape = &Square{2}
	var other Shape = Circle{}
	_, _ = shape, other
}
