package main

import (
	"os"
)

func main() {
	os.Exit(evenhand(os.Args[1:], console{os.Stdin, os.Stdout, os.Stderr}))
}
