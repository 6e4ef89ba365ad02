package main

type Thing struct {
	name string
	name int
}

func (t Thing) Say() {}
func (t Thing) Say() {}
func (t Thing) name() {}

func helper() {}
func helper() {}

var helper = 1

type Loop struct{ loop Loop }

var first = second
var second = first

func main() {}
func init() int { return 1 }
