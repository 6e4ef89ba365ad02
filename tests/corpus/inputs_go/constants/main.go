package main

const big = 1 << 70
const small uint8 = 256

var shift = 1.5 << 2
var list = [3]int{1, 2, 3, 4}
var negative = [-1]int{}
var division = 1 / 0
var table = map[string]int{"a": 1, "b": 2, "a": 3}
var index = list[5]

func main() {
	var x int = big
	switch x {
	case 1:
	case 1:
	}
}
