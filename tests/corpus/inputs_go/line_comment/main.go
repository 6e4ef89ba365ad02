package main

func main() {
//line other.go:100
	var x int = "x"
	var y int = "y" /*line third.y:7:3*/; var z int = "z"
//line main.go:2
	var w int = "w"
}
