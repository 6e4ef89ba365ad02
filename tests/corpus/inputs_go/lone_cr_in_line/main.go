package main

func main() {	var first int = "one"
	var second int = "two" // onetwo
	_, _ = first, second
}
