package main

import "fmt"

func main() {
	total := 0
	for number := 1; number < 5; number++ {
		total += number
	}
	fmt.Println(total)
}
