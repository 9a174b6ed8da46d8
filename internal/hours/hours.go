// Package hours knows hours of operation: at which times of a week something is open, in a time zone,
// and on which dates other times count.
package hours

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Hours are hours of operation.
type Hours struct {
	zone *time.Location
	week [7][]span // by weekday
	// dates are the dates on which other times count. Of several for a date, the first counts.
	dates []dated
}

// span is a part of a day in minutes since midnight on its clocks. It ends after it begins, on the next
// day if need be, and without its last minute.
type span struct{ from, to int }

// dated are the times of a range of dates.
type dated struct {
	first, last string // as 2006-01-02, which sorts as dates do
	spans       []span
}

const day = 24 * 60

// Config describes hours as people write them.
type Config struct {
	// Zone is the name of a time zone, such as Europe/Berlin; empty for UTC.
	Zone string
	// Open are times of the week, such as "Mon-Fri 9:00-12:00 13:00-17:30"; "always" is every day, and
	// "closed" none. A time that ends before it begins ends on the next day.
	Open []string
	// Overrides are times of dates in place of those of the week, such as "2026-12-24 9:00-12:00" or
	// "2026-12-25..2026-12-31 closed". Of several for a date, the first counts.
	Overrides []string
}

// New reads hours. The error completes a sentence that begins with what is wrong.
func New(cfg Config) (*Hours, error) {
	zone, err := Zone(cfg.Zone)
	if err != nil {
		return nil, err
	}
	h := &Hours{zone: zone}
	for _, text := range cfg.Open {
		days, spans, err := readOpen(text)
		if err != nil {
			return nil, fmt.Errorf("%q %w", text, err)
		}
		for _, d := range days {
			h.week[d] = append(h.week[d], spans...)
		}
	}
	for _, text := range cfg.Overrides {
		override, err := readOverride(text)
		if err != nil {
			return nil, fmt.Errorf("%q %w", text, err)
		}
		h.dates = append(h.dates, override)
	}
	return h, nil
}

// Zone returns a time zone by its name; that of the empty name is UTC.
func Zone(name string) (*time.Location, error) {
	if name == "Local" {
		return nil, errors.New("is not the name of a time zone, such as Europe/Berlin")
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, errors.New("is not the name of a time zone, such as Europe/Berlin")
	}
	return zone, nil
}

// CheckOpen and CheckOverride judge one entry of a [Config]. An error completes a sentence that begins
// with it.
func CheckOpen(text string) error {
	_, _, err := readOpen(text)
	return err
}

// CheckOverride is described at [CheckOpen].
func CheckOverride(text string) error {
	_, err := readOverride(text)
	return err
}

// Open reports whether it is open at a time.
func (h *Hours) Open(at time.Time) bool {
	at = at.In(h.zone)
	minute := at.Hour()*60 + at.Minute()
	// Times that began yesterday may not have ended.
	yesterday := time.Date(at.Year(), at.Month(), at.Day()-1, 12, 0, 0, 0, h.zone)
	return within(h.of(at), minute) || within(h.of(yesterday), minute+day)
}

func within(spans []span, minute int) bool {
	return slices.ContainsFunc(spans, func(s span) bool { return s.from <= minute && minute < s.to })
}

// of are the times that begin on a date.
func (h *Hours) of(date time.Time) []span {
	text := date.Format(time.DateOnly)
	for _, d := range h.dates {
		if d.first <= text && text <= d.last {
			return d.spans
		}
	}
	return h.week[date.Weekday()]
}

const formOpen = `is not like "Mon-Fri 9:00-17:30", "Sat,Sun 10:00-12:00 14:00-16:00", "always" or "closed"`

func readOpen(text string) (days []time.Weekday, spans []span, err error) {
	fields := strings.Fields(text)
	switch {
	case len(fields) == 1 && strings.EqualFold(fields[0], "closed"):
		return nil, nil, nil
	case len(fields) == 1 && strings.EqualFold(fields[0], "always"):
		return readDays(allDays), []span{{0, day}}, nil
	case len(fields) < 2:
		return nil, nil, errors.New(formOpen)
	}
	if days = readDays(fields[0]); days == nil {
		return nil, nil, errors.New(formOpen)
	}
	if spans = readSpans(fields[1:]); spans == nil {
		return nil, nil, errors.New(formOpen)
	}
	return days, spans, nil
}

const allDays = "Sun-Sat"

// readDays reads days as in "Mon-Fri,Sun"; nil when they are none.
func readDays(text string) []time.Weekday {
	var days []time.Weekday
	for part := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(part, "-")
		first, last := weekday(from), weekday(to)
		if !isRange {
			last = first
		}
		if first < 0 || last < 0 {
			return nil
		}
		for d := first; ; d = (d + 1) % 7 {
			days = append(days, time.Weekday(d))
			if d == last {
				break
			}
		}
	}
	return days
}

// weekday reads the first letters of a day, at least two; -1 when it is none.
func weekday(text string) int {
	text = strings.ToLower(text)
	for d := time.Sunday; d <= time.Saturday; d++ {
		if len(text) >= 2 && strings.HasPrefix(strings.ToLower(d.String()), text) {
			return int(d)
		}
	}
	return -1
}

// readSpans reads times as in "9:00-17:30"; nil when they are none.
func readSpans(fields []string) []span {
	var spans []span
	for _, field := range fields {
		begin, end, _ := strings.Cut(field, "-")
		from, to := minutes(begin), minutes(end)
		if from < 0 || from == day || to < 0 {
			return nil
		}
		if to <= from {
			to += day
		}
		spans = append(spans, span{from, to})
	}
	return spans
}

// minutes reads a time such as 9:00; -1 when it is none. 24:00 is the end of the day.
func minutes(text string) int {
	h, m, ok := strings.Cut(text, ":")
	hour, err := strconv.ParseUint(h, 10, 8)
	if err != nil || !ok || len(m) != 2 {
		return -1
	}
	minute, err := strconv.ParseUint(m, 10, 8)
	if err != nil || minute > 59 || hour*60+minute > day {
		return -1
	}
	return int(hour*60 + minute)
}

func readOverride(text string) (dated, error) {
	const form = `is not like "2026-12-24 9:00-12:00", "2026-12-25 closed" or "2026-12-26..2026-12-31 closed"`
	fields := strings.Fields(text)
	if len(fields) < 2 {
		return dated{}, errors.New(form)
	}
	var d dated
	var isRange bool
	if d.first, d.last, isRange = strings.Cut(fields[0], ".."); !isRange {
		d.last = d.first
	}
	for _, date := range []string{d.first, d.last} {
		if _, err := time.Parse(time.DateOnly, date); err != nil {
			return dated{}, errors.New(form)
		}
	}
	if d.last < d.first {
		return dated{}, errors.New("ends before it begins")
	}
	switch times := fields[1:]; {
	case len(times) == 1 && strings.EqualFold(times[0], "closed"):
	case len(times) == 1 && strings.EqualFold(times[0], "always"):
		d.spans = []span{{0, day}}
	default:
		if d.spans = readSpans(times); d.spans == nil {
			return dated{}, errors.New(form)
		}
	}
	return d, nil
}

// Book are the hours there are, and those of queues.
type Book struct {
	// Hours are hours by their names, Queues the names of the hours of queues, by those of the queues.
	Hours  map[string]*Hours
	Queues map[string]string
}

// Open reports whether hours are open at a time; false for known when nobody has configured them.
func (b *Book) Open(name string, at time.Time) (open, known bool) {
	h := b.Hours[name]
	return h != nil && h.Open(at), h != nil
}
