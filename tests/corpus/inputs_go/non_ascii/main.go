package main

import "fmt"

func main() {
	größe := "äöü"; var zahl int = "ß"
	_ = "𝒜𝒷"; var y int = "𝑥"
	/* 日本語 */ var z int = größe
	fmt.Println(zahl, y, z, unbekannt)
	_ = "é"; e := "é" + 1
	π := 3.14; var π2 string = π
	var ﬁeld int = "ﬁ"
	世界 := 1
}
