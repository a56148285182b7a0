package main

import (
	"cmp"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
)

// Sizes of a chart, in pixels: panels side by side, each with room for its
// title, and numbers at the axes.
const (
	panelWidth, panelHeight = 300, 210
	plotLeft, plotTop       = 62, 40
	plotWidth, plotHeight   = 222, 118
	panelsAcross            = 3
	mostPanels              = 60
)

// draw writes the curves as a picture: each with what is now, what is
// recommended, and what the next unit brings. Of many items the largest
// changes are drawn.
func (d *division) draw(w io.Writer, page bool) error {
	order := make([]int, len(d.result.Items))
	for i := range order {
		order[i] = i
	}
	left := max(0, len(order)-mostPanels)
	if left > 0 {
		change := func(i int) int64 { l := d.line(i); return max(l.Change, -l.Change) }
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(change(b), change(a)) })
		order = order[:mostPanels]
		slices.Sort(order)
	}
	var b strings.Builder
	rows := (len(order) + panelsAcross - 1) / panelsAcross
	width, height := min(len(order), panelsAcross)*panelWidth, rows*panelHeight+56
	if page {
		b.WriteString("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Effort and what it brings</title>\n<body style=\"margin:24px;background:#fff\">\n")
	}
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="Helvetica, Arial, sans-serif" font-size="11" fill="#333">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", width, height)
	d.legend(&b, left)
	for k, i := range order {
		fmt.Fprintf(&b, "<g transform=\"translate(%d,%d)\">\n", k%panelsAcross*panelWidth, 52+k/panelsAcross*panelHeight)
		d.panel(&b, i)
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	if page {
		b.WriteString("</body>\n</html>\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// legend says what the marks mean, and what the budget's price is.
func (d *division) legend(b *strings.Builder, left int) {
	x := 14
	if d.items.hasCurrent {
		fmt.Fprintf(b, "<circle cx=\"%d\" cy=\"36\" r=\"4.5\" fill=\"#fff\" stroke=\"#888\" stroke-width=\"1.5\"/><text x=\"%d\" y=\"40\">now</text>\n", x+4, x+13)
		x += 50
	}
	fmt.Fprintf(b, "<circle cx=\"%d\" cy=\"36\" r=\"4.5\" fill=\"#c2410c\"/><text x=\"%d\" y=\"40\">recommended</text>\n", x+4, x+13)
	if d.grows() {
		fmt.Fprintf(b, "<line x1=\"%d\" y1=\"36\" x2=\"%d\" y2=\"36\" stroke=\"#c2410c\" stroke-dasharray=\"3 3\"/><text x=\"%d\" y=\"40\">straightened, which bounds what is possible</text>\n", x+98, x+118, x+123)
	}
	text := fmt.Sprintf("One more %s brings %s", d.unit(), money(d.real(d.price)))
	if left > 0 {
		text += fmt.Sprintf(" (%s with the smallest changes not drawn)", count(left))
	}
	fmt.Fprintf(b, "<text x=\"14\" y=\"20\" font-size=\"13\" font-weight=\"bold\">%s</text>\n", html.EscapeString(text))
}

// panel draws one item.
func (d *division) panel(b *strings.Builder, i int) {
	it, l := d.items.items[i], d.line(i)
	reach := min(max(l.Current, l.Recommended, 1)*8/5, max(it.response.To(), l.Current, 1))
	from := it.response.From()
	if from >= reach {
		from = 0
	}
	curve := func(x float64) float64 { return it.curve.At(x) }
	lowest, highest := min(0, curve(float64(from))), max(curve(float64(from)), curve(float64(reach)))
	const steps = 72
	var xs, ys []float64
	for s := range steps + 1 {
		part := float64(s) / steps
		x := float64(from) + float64(reach-from)*part*part // closer where curves bend most
		xs, ys = append(xs, x), append(ys, curve(x))
		lowest, highest = min(lowest, ys[s]), max(highest, ys[s])
	}
	if highest == lowest {
		highest = lowest + 1
	}
	px := func(x float64) float64 { return plotLeft + plotWidth*(x-float64(from))/float64(reach-from) }
	py := func(y float64) float64 { return plotTop + plotHeight*(1-(y-lowest)/(highest-lowest)) }

	fmt.Fprintf(b, "<text x=\"%d\" y=\"16\" font-size=\"12\" font-weight=\"bold\">%s</text>\n", plotLeft, html.EscapeString(visible(shorter(l.Name, 32))))
	fmt.Fprintf(b, "<text x=\"%d\" y=\"30\" fill=\"#666\">%s</text>\n", plotLeft, html.EscapeString(d.caption(l)))
	for _, y := range []float64{lowest, (lowest + highest) / 2, highest} {
		fmt.Fprintf(b, "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#e5e5e5\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" fill=\"#888\">%s</text>\n",
			plotLeft, py(y), plotLeft+plotWidth, py(y), plotLeft-6, py(y)+4, compact(y))
	}
	for _, x := range []int64{from, reach} {
		anchor := "start"
		if x == reach {
			anchor = "end"
		}
		fmt.Fprintf(b, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\" fill=\"#888\">%s</text>\n", px(float64(x)), plotTop+plotHeight+16, anchor, compact(float64(x)))
	}
	fmt.Fprintf(b, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" fill=\"#888\">%s</text>\n", plotLeft+plotWidth/2, plotTop+plotHeight+16, html.EscapeString(d.budget.plural()))
	var path strings.Builder
	for s := range xs {
		fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(s, 1)], px(xs[s]), py(ys[s]))
	}
	if it.response.Envelope() { // what the division took for the curve
		var line strings.Builder
		for s := range xs {
			x := min(int64(xs[s]), it.response.To())
			fmt.Fprintf(&line, "%c%.1f %.1f", "ML"[min(s, 1)], px(float64(x)), py(d.real(it.response.Value(x))))
		}
		fmt.Fprintf(b, "<path d=\"%s\" fill=\"none\" stroke=\"#c2410c\" stroke-dasharray=\"3 3\"/>\n", line.String())
	}
	fmt.Fprintf(b, "<path d=\"%s\" fill=\"none\" stroke=\"#1f4e79\" stroke-width=\"2\"/>\n", path.String())
	if d.items.hasCurrent && l.Current >= from {
		fmt.Fprintf(b, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"#fff\" stroke=\"#888\" stroke-width=\"1.5\"/>\n", px(float64(l.Current)), py(curve(float64(l.Current))))
	}
	fmt.Fprintf(b, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\" fill=\"#c2410c\"/>\n", px(float64(l.Recommended)), py(curve(float64(l.Recommended))))
}

// caption is the change and the marginal return, in a line.
func (d *division) caption(l itemLine) string {
	text := fmt.Sprintf("%s, next brings %s", count(l.Recommended), money(l.Next))
	if d.items.hasCurrent {
		text = fmt.Sprintf("%s → ", count(l.Current)) + text
	}
	return text
}

// compact writes a number at an axis: 1.2k, 3.4M.
func compact(x float64) string {
	for _, size := range []struct {
		of   float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if x >= size.of || x <= -size.of {
			return strings.TrimSuffix(fmt.Sprintf("%.1f", x/size.of), ".0") + size.name
		}
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", x), ".0")
}

func shorter(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}
