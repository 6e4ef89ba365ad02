package main; var x int = "x"

func main() { var y int = "y"; _ = y }
