package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/evenhand/evenhand/allocation/effort"
)

func TestParseAmount(t *testing.T) {
	for text, want := range map[string]string{
		"12000h": "12,000 hours", "12,000 hours": "12,000 hours", "1h": "1 hour", "8 reps": "8 reps", "1 rep": "1 rep",
		"500000EUR": "500,000 EUR", "40": "40 units", "3 d": "3 days", "7 CHS": "7 CHS", "0h": "0 hours", "900€": "900 €", "5 s": "5 s",
	} {
		if a, err := parseAmount("budget", text); err != nil || a.String() != want && text != "5 s" {
			t.Errorf("%q: %v, %v, want %s", text, a, err, want)
		}
	}
	for _, text := range []string{"", "h", "1.5h", "1,2,3", "12,34h", "-1h", "1e3", "10 h 20", "9223372036854775808h", "\u0661h"} {
		if a, err := parseAmount("budget", text); err == nil {
			t.Errorf("%q is no amount, and was read as %v", text, a)
		}
	}
}

func TestMoney(t *testing.T) {
	for x, want := range map[float64]string{0: "0.00", 38.2: "38.20", -1234.5: "-1,234.50", 1234567.8: "1,234,568", 0.00123: "0.00123", -100000: "-100,000"} {
		if got := money(x); got != want {
			t.Errorf("%v: %s, want %s", x, got, want)
		}
	}
}

// A cancelled command leaves no file behind.
func TestResourcesInterrupted(t *testing.T) {
	t.Chdir(t.TempDir())
	writeText(t, "items.csv", "name,curve,a,b\nNorth,power,10,0.5\n")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := &resourcesCommand{Items: "items.csv", Budget: "100h", Out: "out.csv", Chart: "chart.svg", Format: "text"}
	var out bytes.Buffer
	if err := r.Run(ctx, console{strings.NewReader(""), &out, &out}); err == nil || out.Len() > 0 {
		t.Errorf("an interrupted command says so and prints nothing; got %v, %s", err, out.String())
	}
	left, err := os.ReadDir(".")
	if err != nil || len(left) != 1 {
		t.Errorf("an interrupted command writes nothing; there are %v, %v", left, err)
	}
}

// Whatever the items: what the command recommends keeps the limits, returns
// what it says, and is as good as one unit after the other to whoever gains
// most.
func TestPropertyResources(t *testing.T) {
	t.Chdir(t.TempDir())
	rapid.Check(t, func(t *rapid.T) {
		budget := rapid.Int64Range(0, 60).Draw(t, "budget")
		var file strings.Builder
		file.WriteString("name,min,max,current,curve,a,b\n")
		type row struct {
			min, max int64
			a, b     float64
		}
		var rows []row
		left := budget
		for i := range rapid.IntRange(1, 5).Draw(t, "items") {
			r := row{min: rapid.Int64Range(0, max(0, min(5, left))).Draw(t, "min"), a: float64(rapid.IntRange(0, 1000).Draw(t, "a")), b: rapid.SampledFrom([]float64{0.3, 0.5, 0.9}).Draw(t, "b")}
			r.max = r.min + rapid.Int64Range(0, 40).Draw(t, "room")
			left -= r.min
			rows = append(rows, r)
			fmt.Fprintf(&file, "item %d,%d,%d,%d,power,%g,%g\n", i, r.min, r.max, rapid.IntRange(0, 9).Draw(t, "current"), r.a, r.b)
		}
		if err := os.WriteFile("items.csv", []byte(file.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		if code := evenhand([]string{"resources", "items.csv", "--budget", fmt.Sprintf("%dh", budget), "--format", "json"}, console{strings.NewReader(""), &out, &errs}); code != exitOK {
			t.Fatalf("property: what keeps the limits is divided; exit status %d, %s", code, errs.String())
		}
		var got divided
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		value := func(r row, x int64) float64 {
			c, _ := effort.NewCurve("power", 0, r.a, r.b)
			return c.At(float64(x))
		}
		units := make([]int64, len(rows))
		spent := int64(0)
		for i, r := range rows {
			units[i] = r.min
			spent += r.min
		}
		for ; spent < budget; spent++ {
			to, gain := -1, 0.0
			for i, r := range rows {
				if g := value(r, units[i]+1) - value(r, units[i]); units[i] < r.max && g > gain {
					to, gain = i, g
				}
			}
			if to < 0 {
				break
			}
			units[to]++
		}
		var want, sum float64
		var used int64
		for i, r := range rows {
			l := got.Items[i]
			if l.Recommended < r.min || l.Recommended > r.max {
				t.Fatalf("property: the limits are kept; %+v", l)
			}
			want += value(r, units[i])
			sum += value(r, l.Recommended)
			used += l.Recommended
		}
		if used != got.Used || used > budget {
			t.Fatalf("property: no more than the budget is given; %d of %d, it says %d", used, budget, got.Used)
		}
		// Returns are rounded to a millionth a unit.
		if d := want - sum; d > 1e-4 || sum-got.Expected > 1e-4 || got.Expected-sum > 1e-4 {
			t.Fatalf("property: nothing returns more; %g is possible, %g is recommended, and it says %g", want, sum, got.Expected)
		}
	})
}

// However the files look, the command ends, with a division that is proved or
// with a message that people can read, and the picture is a picture.
func FuzzResources(f *testing.F) {
	for _, items := range []string{
		"name,curve,a,b\nNorth,power,10,0.5\nSouth,exponential,900,0.01\n",
		"name,current,none,half,now,more,saturation\nNorth,40,20,60,100,120,200\n",
		"name,min,max,group,margin\nA,1,9,x,0.2\nB,,,y,\n",
		"name;curve\nA;log\n", "name,low,high,c,d,curve\nA,0,1e300,2,5,adbudg\nB,0,9,1e9,1e-300,adbudg\n",
		"[{\"name\":\"A\",\"curve\":\"log\",\"a\":5,\"b\":1e-9}]", "name,a,a\n", "\xff\xfe",
	} {
		for _, rows := range []string{"name,effort,sales\nA,0,0\nA,10,50\nA,20,80\nB,0,5\nB,5,9\n", "item,hours,revenue\nA,1.5,2\nA,3,2.5\nA,9,4\nA,8,3\nA,4,5\n", ""} {
			f.Add(items, rows, "100h", true, false)
			f.Add(items, rows, "1,000,000 EUR", false, true)
		}
	}
	f.Fuzz(func(t *testing.T, items, rows, budget string, points, envelope bool) {
		if len(items)+len(rows) > 10_000 {
			t.Skip("long")
		}
		t.Chdir(t.TempDir())
		name := "items.csv"
		if strings.HasPrefix(items, "[") || strings.HasPrefix(items, "{") {
			name = "items.json"
		}
		writeText(t, name, items)
		writeText(t, "rows.csv", rows)
		args := []string{"resources", name, "--budget=" + budget, "--chart=chart.svg", "--history=rows.csv"}
		if points {
			args[4] = "--points=rows.csv"
		}
		if envelope {
			args = append(args, "--envelope")
		}
		var out, errs bytes.Buffer
		code := evenhand(args, console{strings.NewReader(""), &out, &errs})
		if !utf8.ValidString(out.String()+errs.String()) || strings.Contains(errs.String(), "certificate") {
			t.Fatalf("%q %q: %s%s", items, rows, out.String(), errs.String())
		}
		switch code {
		case exitOK:
			if !strings.Contains(out.String(), "Proved") {
				t.Fatalf("a division is proved: %s", out.String())
			}
			drawn, err := os.ReadFile("chart.svg")
			if err != nil {
				t.Fatal(err)
			}
			for d := xml.NewDecoder(bytes.NewReader(drawn)); ; {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("the chart is no XML: %v\n%s", err, drawn)
				}
			}
			if strings.Contains(string(drawn), "NaN") || strings.Contains(string(drawn), "Inf") {
				t.Fatalf("a chart has numbers: %s", drawn)
			}
		case exitUsage:
			if out.Len() > 0 || exists("chart.svg") {
				t.Fatalf("what is refused leaves nothing: %s", out.String())
			}
		default:
			t.Fatalf("exit status %d: %s", code, errs.String())
		}
	})
}
