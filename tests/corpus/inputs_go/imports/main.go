package main

import (
	"fmt"
	"does/not/exist"
	"example.com/nothing"
	"./local"
	"fmt"
)

func main() {
	fmt.Println(exist.Here, nothing.There)
	strings.ToUpper("x")
}
