package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/evenhand/evenhand/allocation"
)

var epoch = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// The most who wait at one time, counted minute by minute.
func TestPeak(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const minutes = 20
		var waiting [minutes]int
		var all []*decided
		for range rapid.IntRange(0, 10).Draw(t, "customers") {
			from := rapid.IntRange(0, minutes-1).Draw(t, "from")
			d := &decided{decision: allocation.Decision{Since: epoch.Add(time.Duration(from) * time.Minute)}}
			to := minutes
			if rapid.Bool().Draw(t, "ends") {
				to = rapid.IntRange(from+1, minutes).Draw(t, "to")
				d.left = epoch.Add(time.Duration(to) * time.Minute)
			}
			for m := from; m < to; m++ {
				waiting[m]++
			}
			all = append(all, d)
		}
		want := 0
		for _, n := range waiting {
			want = max(want, n)
		}
		got := 0
		if w := waitsOf(all); w != nil {
			got = w.Peak
		}
		if got != want {
			t.Fatalf("property: the peak is the most who wait in any minute; got %d, want %d", got, want)
		}
	})
}

func TestWaits(t *testing.T) {
	after := func(minutes int) time.Time { return epoch.Add(time.Duration(minutes) * time.Minute) }
	waited := func(from, to int, status allocation.Status) *decided {
		d := &decided{decision: allocation.Decision{Since: after(from), Status: status}}
		if to > 0 {
			d.left = after(to)
		}
		return d
	}
	w := waitsOf([]*decided{
		{decision: allocation.Decision{Status: allocation.StatusAssigned}},
		waited(0, 10, allocation.StatusAssigned),
		waited(5, 25, allocation.StatusAssigned),
		waited(10, 50, allocation.StatusReleased),
		waited(60, 70, allocation.StatusAssigned),
		waited(60, 0, allocation.StatusWaiting),
	})
	if want := (waits{Customers: 5, Peak: 2, Placed: 3, Median: 15 * 60, Longest: 40 * 60}); *w != want {
		t.Errorf("waits %+v, want %+v", *w, want)
	}
	if w := waitsOf([]*decided{{}}); w != nil {
		t.Errorf("nobody waited, yet %+v", w)
	}
}

func TestFiguresForPeople(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", -1234567: "-1,234,567"} {
		if got := count(n); got != want {
			t.Errorf("count(%d) = %s, want %s", n, got, want)
		}
	}
	for f, want := range map[float64]string{0: "0", 1: "1", 41.0 / 42: "0.97619", -0.0000001: "0", 2.5: "2.5", 100: "100"} {
		if got := figure(f); got != want {
			t.Errorf("figure(%v) = %s, want %s", f, got, want)
		}
	}
	for f, want := range map[float64]string{0: "0.000", 0.0001: "0.000", -0.0001: "0.000", 0.5: "+0.500", -1.25: "-1.250"} {
		if got := signed(f); got != want {
			t.Errorf("signed(%v) = %s, want %s", f, got, want)
		}
	}
	for seconds, want := range map[float64]string{0: "0s", 1.5: "1.5s", 59: "59s", 60: "1m", 3660: "1h 1m", 86400: "1d", 90000: "1d 1h", 8640000: "100d"} {
		if got := span(seconds); got != want {
			t.Errorf("span(%v) = %s, want %s", seconds, got, want)
		}
	}
}

func TestGrid(t *testing.T) {
	g := grid{head: []string{"rep", ">got", ""}}
	g.row("ana", "1,200", "away")
	g.row("zoë", "7", "")
	var b bytes.Buffer
	g.print(&b)
	if want := "  rep    got\n  ana  1,200  away\n  zoë      7\n"; b.String() != want {
		t.Errorf("grid\n%s\nwant\n%s", b.String(), want)
	}
}

func TestProgress(t *testing.T) {
	var b bytes.Buffer
	now := epoch
	p := newProgress(&b, 200, true, func() time.Time { return now })
	p.step(64) // after less than a second
	now = now.Add(900 * time.Millisecond)
	p.step(32)
	now = now.Add(200 * time.Millisecond)
	p.step(32)
	p.step(72) // within the next second
	p.end()
	if want := "\r128 of 200 customers\n"; b.String() != want {
		t.Errorf("progress %q, want %q: nothing in the first second, then once a second", b.String(), want)
	}
	b.Reset()
	p = newProgress(&b, 200, false, func() time.Time { now = now.Add(time.Hour); return now })
	p.step(200)
	if p.end(); b.Len() > 0 {
		t.Errorf("progress to what is no terminal: %q", strings.TrimSpace(b.String()))
	}
}
