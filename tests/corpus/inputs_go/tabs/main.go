package main

func main() {
		var	first int =	"tab"
    	var second	int = first	+ missing
	_ =	third
}
