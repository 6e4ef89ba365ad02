package main

import (
	"fmt"
	"os"
	str "strings"
)

func main() {
	unused := 1
	var other int
	for index, value := range []int{1} {
	}
	other = 2
loop:
	fmt.Println("x")
}
