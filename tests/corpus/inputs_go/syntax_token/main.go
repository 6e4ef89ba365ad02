package main

func main() {
	var count int = 3 4
	for i := 0; i < 3; i++
	{
	}
	foo(
}
