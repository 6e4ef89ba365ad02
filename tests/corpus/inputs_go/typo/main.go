package main

import "fmt"

type Counter struct{ Amount int }

func (c *Counter) Increase() { c.amount++ }

func main() {
	counter := Counter{}
	counter.increase()
	fmt.Printline("x")
	fmt.println("x")
	counter.Amout = 1
	Conter{}.Increase()
}
