package ical

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Event is what is kept of a VEVENT. Of a property that is there twice the
// last counts, people and dates excepted.
type Event struct {
	Line      int // on which it begins
	UID       string
	Summary   string
	Status    string // CONFIRMED, TENTATIVE, CANCELLED, in capitals
	Transp    string // OPAQUE or TRANSPARENT
	Busy      string // what Microsoft's calendars say: OOF, BUSY, TENTATIVE, FREE, WORKINGELSEWHERE
	Attendees []Person
	Organizer Person

	Start    Moment
	Instance Moment // of a recurring event: the occurrence that this one stands for
	length   length
	end      Moment
	rule     string
	also     []Moment
	except   []Moment

	// Fault says why it cannot be read; empty for a good event.
	Fault string
}

// Person is somebody an event names.
type Person struct {
	Address string // without mailto:
	Name    string
	Answer  string // ACCEPTED, DECLINED, …, in capitals; empty when there is none
}

// Read reads the events of a file. An error means that the file is no calendar;
// what is wrong with one event is said in its Fault.
func Read(r io.Reader) ([]Event, error) {
	in := newLines(r)
	var events []Event
	var inside []string // components
	var e *Event
	for first := true; ; first = false {
		line, ok, err := in.next()
		switch {
		case err != nil:
			return nil, err
		case !ok && first:
			return nil, errors.New("it is empty")
		case !ok && len(inside) > 0:
			return nil, fmt.Errorf("it ends within %s\nMaybe the download broke off", inside[len(inside)-1])
		case !ok:
			return events, nil
		}
		what := strings.ToUpper(strings.TrimSpace(line.text))
		switch {
		case first && (line.name != "BEGIN" || what != "VCALENDAR"):
			return nil, fmt.Errorf("line %d is not BEGIN:VCALENDAR: it is no iCalendar file", line.number)
		case line.name == "BEGIN":
			inside = append(inside, clip(what))
			if what == "VEVENT" {
				if len(events) == MaxEvents {
					return nil, fmt.Errorf("it has more than %d events", MaxEvents)
				}
				events = append(events, Event{Line: line.number})
				e = &events[len(events)-1]
			}
		case line.name == "END":
			if len(inside) == 0 || inside[len(inside)-1] != clip(what) {
				return nil, fmt.Errorf("line %d ends %s, which has not begun", line.number, clip(what))
			}
			inside = inside[:len(inside)-1]
			if what == "VEVENT" && e != nil {
				e.settle()
				e = nil
			}
		case e != nil && inside[len(inside)-1] == "VEVENT":
			e.take(&line)
		}
	}
}

// take takes in one property.
func (e *Event) take(line *contentLine) {
	var err error
	word := strings.ToUpper(strings.TrimSpace(line.text))
	switch line.name {
	case "UID":
		e.UID = line.text
	case "SUMMARY":
		e.Summary = plain.Replace(line.text)
	case "STATUS":
		e.Status = word
	case "TRANSP":
		e.Transp = word
	case "X-MICROSOFT-CDO-BUSYSTATUS":
		e.Busy = word
	case "ATTENDEE":
		e.Attendees = append(e.Attendees, person(line))
	case "ORGANIZER":
		e.Organizer = person(line)
	case "DTSTART":
		e.Start, err = parseMoment(line.text, line.params["TZID"])
	case "DTEND":
		e.end, err = parseMoment(line.text, line.params["TZID"])
	case "DURATION":
		e.length.days, e.length.rest, err = parseDuration(line.text)
	case "RECURRENCE-ID":
		if e.Instance, err = parseMoment(line.text, line.params["TZID"]); line.params["RANGE"] != "" {
			err = errors.New("it changes all later ones too (RANGE), which is not read")
		}
	case "RRULE":
		if e.rule != "" {
			err = errors.New("it has two recurrence rules")
		}
		e.rule = line.text
	case "RDATE", "EXDATE":
		if line.params["VALUE"] == "PERIOD" {
			err = errors.New("it recurs in periods, which are not read")
			break
		}
		for text := range strings.SplitSeq(line.text, ",") {
			var m Moment
			if m, err = parseMoment(text, line.params["TZID"]); err != nil {
				break
			}
			if line.name == "RDATE" {
				e.also = append(e.also, m)
			} else {
				e.except = append(e.except, m)
			}
		}
	}
	if err != nil && e.Fault == "" {
		e.Fault = fmt.Sprintf("%s in line %d: %v", line.name, line.number, err)
	}
}

func person(line *contentLine) Person {
	address := strings.TrimSpace(line.text)
	if len(address) > 7 && strings.EqualFold(address[:7], "mailto:") {
		address = address[7:]
	}
	return Person{Address: address, Name: plain.Replace(line.params["CN"]), Answer: strings.ToUpper(line.params["PARTSTAT"])}
}
