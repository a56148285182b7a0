package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// grid is a table for people: columns as wide as their widest cell, numbers to
// the right.
type grid struct {
	head  []string // a column whose name begins with > is aligned to the right
	cells [][]string
}

func (g *grid) row(cells ...string) { g.cells = append(g.cells, cells) }

// print writes the grid under its head, each line indented by two spaces.
func (g *grid) print(w io.Writer) {
	head := make([]string, len(g.head))
	for i, name := range g.head {
		head[i] = strings.TrimPrefix(name, ">")
	}
	g.lines(w, append([][]string{head}, g.cells...))
}

// printBody is print without the head.
func (g *grid) printBody(w io.Writer) { g.lines(w, g.cells) }

func (g *grid) lines(w io.Writer, rows [][]string) {
	width := make([]int, len(g.head))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			space := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if strings.HasPrefix(g.head[i], ">") {
				b.WriteString("  " + space + cell)
			} else {
				b.WriteString("  " + cell + space)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

// count writes a number with its thousands apart: 8,300.
func count[N int | int64 | uint64](n N) string { return thousands(fmt.Sprint(n)) }

// thousands sets the thousands of a whole number apart.
func thousands(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// plural is "1 row" and "2 rows".
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + one + "s"
}
