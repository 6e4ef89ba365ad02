package main

func two() (int, string) { return 1, "two" }

func main() {
	one := two()
	a, b, c := two()
	a, b := 1, 2
	a := 3
	const fixed = 1
	fixed = 2
	var ch <-chan int
	ch <- 1
	nil := 1
	5 = a
	two()++
	_, _, _ = one, b, c
}
