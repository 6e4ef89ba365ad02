package main

var x﻿ int = "x"

func main() { z := 'ab'; y := "open
}
