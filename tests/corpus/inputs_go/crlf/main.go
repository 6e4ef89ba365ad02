package main

func main() {
	var first int = "one"
	text := `two
	lines`; var second int = text
	missing()
	_, _ = first, second
}
