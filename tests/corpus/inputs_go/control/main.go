package main

func missing(n int) int {
	if n > 0 {
		return 1
	}
}

func main() {
	break
	goto nowhere
	for {
		continue outer
	}
	switch 1 {
	case "one":
	default:
	default:
	}
	defer recover
	go func() {}
	var f func()
	if f == f {
	}
}
