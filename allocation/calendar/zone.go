package calendar

import (
	"archive/zip"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// zoneinfo is the IANA time zone database 2025c (public domain), as compiled
// by the Go project and shipped in its lib/time/zoneinfo.zip with Go 1.26.
//
// It is here rather than behind time.LoadLocation because that function, even
// in a program that imports time/tzdata, prefers the files of the machine it
// runs on. Two machines with different releases would then draw the windows
// of a cap differently and decide differently from the same ledger. It also
// knows the names of all zones, which package time does not tell.
//
//go:embed zoneinfo.zip
var zoneinfo string

//go:generate sh -c "cp $(go env GOROOT)/lib/time/zoneinfo.zip ."

// ErrZone is wrapped by every error of LoadZone.
var ErrZone = errors.New("time zone not known")

// zoneFiles opens the database once: an index by name, and the names sorted.
var zoneFiles = sync.OnceValues(func() (map[string]*zip.File, error) {
	archive, err := zip.NewReader(strings.NewReader(zoneinfo), int64(len(zoneinfo)))
	if err != nil {
		return nil, fmt.Errorf("calendar: reading the embedded time zones: %w", err)
	}
	files := make(map[string]*zip.File, len(archive.File))
	for _, f := range archive.File {
		if !strings.HasSuffix(f.Name, "/") {
			files[f.Name] = f
		}
	}
	return files, nil
})

// loadedZones keeps each zone once it was asked for; its size is bounded by
// the database.
var loadedZones sync.Map // name -> *time.Location

// LoadZone returns the time zone with the IANA name, such as "Europe/Berlin",
// or time.UTC for "UTC". It reads the database inside this package and nothing
// else, so that a name means the same on every machine.
//
// It refuses "" and "Local", which would mean different zones on different
// machines, and names that the database does not have; the error wraps ErrZone
// and suggests near ones. Safe for concurrent use; the second call for a name
// is a map look-up.
func LoadZone(name string) (*time.Location, error) {
	if name == "UTC" {
		return time.UTC, nil
	}
	if loc, ok := loadedZones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	files, err := zoneFiles()
	if err != nil {
		return nil, err
	}
	file, ok := files[name]
	if !ok {
		return nil, unknownZone(name)
	}
	loc, err := readZone(file)
	if err != nil {
		return nil, fmt.Errorf("calendar: reading the embedded time zone %s: %w", name, err)
	}
	kept, _ := loadedZones.LoadOrStore(name, loc)
	return kept.(*time.Location), nil
}

// ZoneNames lists all names that LoadZone knows, sorted.
func ZoneNames() []string {
	files, err := zoneFiles()
	if err != nil {
		return []string{"UTC"}
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func readZone(file *zip.File) (*time.Location, error) {
	r, err := file.Open()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	return time.LoadLocationFromTZData(file.Name, data)
}

func unknownZone(name string) error {
	reason, maybe := "a zone is written as a continent and a city, such as Europe/Berlin", zoneAdvice(name)
	if strings.EqualFold(name, "local") {
		reason = "it would mean another zone on every machine; " + reason
	}
	text := fmt.Sprintf("%q: %s", clip(name), reason)
	if maybe != "" {
		return fmt.Errorf("%w: %s\nMaybe %s", ErrZone, text, maybe)
	}
	return fmt.Errorf("%w: %s", ErrZone, text)
}

// zoneAbbreviations are letters that people write for a zone and that the
// database does not have under that name, mostly because they are ambiguous.
var zoneAbbreviations = map[string]string{
	"PST": "America/Los_Angeles", "PDT": "America/Los_Angeles", "PT": "America/Los_Angeles",
	"MDT": "America/Denver", "MT": "America/Denver",
	"CST": "America/Chicago or Asia/Shanghai", "CDT": "America/Chicago", "CT": "America/Chicago",
	"EDT": "America/New_York", "ET": "America/New_York",
	"BST": "Europe/London", "IST": "Asia/Kolkata, Europe/Dublin or Asia/Jerusalem",
	"CEST": "Europe/Berlin", "EEST": "Europe/Athens", "JST": "Asia/Tokyo", "KST": "Asia/Seoul",
	"SGT": "Asia/Singapore", "HKT": "Asia/Hong_Kong", "AEST": "Australia/Sydney", "AEDT": "Australia/Sydney",
	"BRT": "America/Sao_Paulo", "MSK": "Europe/Moscow",
}

// zoneAdvice suggests zones for a name that is none: another spelling, a bare
// city, an abbreviation, an offset, or a slip of one or two letters.
func zoneAdvice(name string) string {
	if maybe := zoneAbbreviations[strings.ToUpper(name)]; maybe != "" {
		return maybe
	}
	if maybe := offsetAdvice(name); maybe != "" {
		return maybe
	}
	const most = 3
	asked := foldZone(name)
	if asked == "" || len(asked) > 64 {
		return ""
	}
	var equal, city, close []string
	for _, known := range ZoneNames() {
		folded := foldZone(known)
		switch {
		case folded == asked:
			equal = append(equal, known)
		case strings.HasSuffix(folded, "/"+asked):
			city = append(city, known)
		case len(asked) > 4 && (within(folded, asked, 2) || within(folded[strings.LastIndex(folded, "/")+1:], asked, 1)):
			close = append(close, known)
		}
	}
	for _, found := range [][]string{equal, city, close} {
		if len(found) > 0 {
			return strings.Join(found[:min(most, len(found))], " or ")
		}
	}
	return ""
}

func foldZone(name string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimSpace(name), " ", "_"))
}

// offsetAdvice translates "UTC+2", "GMT-5" and "+08:00" into the zones of
// fixed offset, whose names have the opposite sign.
func offsetAdvice(name string) string {
	text := strings.ToUpper(strings.TrimSpace(name))
	text = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(text, "UTC"), "GMT"))
	if len(text) < 2 || (text[0] != '+' && text[0] != '-') {
		return ""
	}
	hours, _, _ := strings.Cut(text[1:], ":")
	n, err := strconv.Atoi(strings.TrimSuffix(hours, "00"))
	if err != nil || n < 1 || n > 14 || text[0] == '-' && n > 12 {
		return ""
	}
	sign := "-"
	if text[0] == '-' {
		sign = "+"
	}
	return fmt.Sprintf("Etc/GMT%s%d (in these names the sign is reversed), or a city, which knows about summer time", sign, n)
}

// within reports whether a and b differ by at most k insertions, deletions
// and replacements of bytes.
func within(a, b string, k int) bool {
	if len(a) > len(b)+k || len(b) > len(a)+k {
		return false
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)] <= k
}
