package main

func main() {
	if true {
		println("open")

}

func other() {
}
