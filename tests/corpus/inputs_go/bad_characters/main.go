package main

func main() {
	x := 1 # 2
	y := “quoted”
	z := ''
	w := "\q"
	v := 08
	u := 0x
	s := 1__0
}
