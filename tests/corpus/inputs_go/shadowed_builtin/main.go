package main

func main() {
	var list []int
	append(list, 1)
	len(list)
	list.append(1)
	make(int)
	new(5)
	copy(list, "x")
	close(list)
	list == list
	!1
	-"x"
}
