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
	plan Plan
}

// Plan says when something is open.
type Plan struct {
	// Zone is the name of a time zone; empty for UTC.
	Zone string `json:"zone"`
	// Week are the times of every week.
	Week []Times `json:"week,omitempty"`
	// Overrides change the times of dates. Of several that replace those of a date, the first counts.
	Overrides []Override `json:"overrides,omitempty"`
}

// Times are a part of a day.
type Times struct {
	Day time.Weekday `json:"day"`
	Span
}

// Span is a part of a day in minutes since midnight on its clocks. It ends after it begins, on the next
// day if need be, and without its last minute.
type Span struct {
	From int `json:"from"`
	To   int `json:"to"`
}

const day = 24 * 60

// Of returns the hours of a plan. The error completes a sentence that begins with its zone.
func Of(plan Plan) (*Hours, error) {
	zone, err := Zone(plan.Zone)
	if err != nil {
		return nil, err
	}
	return &Hours{zone, plan}, nil
}

// Plan says when it is open. It is not to be changed.
func (h *Hours) Plan() Plan { return h.plan }

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
	h, err := Of(Plan{Zone: cfg.Zone})
	if err != nil {
		return nil, err
	}
	for _, text := range cfg.Open {
		days, spans, err := readOpen(text)
		if err != nil {
			return nil, fmt.Errorf("%q %w", text, err)
		}
		h.plan.Week = append(h.plan.Week, on(days, spans)...)
	}
	for _, text := range cfg.Overrides {
		override, err := readOverride(text)
		if err != nil {
			return nil, fmt.Errorf("%q %w", text, err)
		}
		h.plan.Overrides = append(h.plan.Overrides, override)
	}
	return h, nil
}

// on are times of several days.
func on(days []time.Weekday, spans []Span) []Times {
	var times []Times
	for _, d := range days {
		for _, s := range spans {
			times = append(times, Times{d, s})
		}
	}
	return times
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
	return within(h.On(at), minute) || within(h.On(yesterday), minute+day)
}

func within(spans []Span, minute int) bool {
	return slices.ContainsFunc(spans, func(s Span) bool { return s.From <= minute && minute < s.To })
}

const formOpen = `is not like "Mon-Fri 9:00-17:30", "Sat,Sun 10:00-12:00 14:00-16:00", "always" or "closed"`

func readOpen(text string) (days []time.Weekday, spans []Span, err error) {
	fields := strings.Fields(text)
	switch {
	case len(fields) == 1 && strings.EqualFold(fields[0], "closed"):
		return nil, nil, nil
	case len(fields) == 1 && strings.EqualFold(fields[0], "always"):
		return readDays(allDays), []Span{{0, day}}, nil
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
func readSpans(fields []string) []Span {
	var spans []Span
	for _, field := range fields {
		begin, end, _ := strings.Cut(field, "-")
		from, to := minutes(begin), minutes(end)
		if from < 0 || from == day || to < 0 {
			return nil
		}
		if to <= from {
			to += day
		}
		spans = append(spans, Span{from, to})
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

func readOverride(text string) (Override, error) {
	const form = `is not like "2026-12-24 9:00-12:00", "2026-12-25 closed" or "2026-12-26..2026-12-31 closed"`
	fields := strings.Fields(text)
	if len(fields) < 2 {
		return Override{}, errors.New(form)
	}
	var o Override
	var isRange bool
	if o.First, o.Last, isRange = strings.Cut(fields[0], ".."); !isRange {
		o.Last = o.First
	}
	for _, date := range []string{o.First, o.Last} {
		if _, err := time.Parse(time.DateOnly, date); err != nil {
			return Override{}, errors.New(form)
		}
	}
	if o.Last < o.First {
		return Override{}, errors.New("ends before it begins")
	}
	switch times := fields[1:]; {
	case len(times) == 1 && strings.EqualFold(times[0], "closed"):
	case len(times) == 1 && strings.EqualFold(times[0], "always"):
		o.Times = on(readDays(allDays), []Span{{0, day}})
	default:
		spans := readSpans(times)
		if spans == nil {
			return Override{}, errors.New(form)
		}
		o.Times = on(readDays(allDays), spans)
	}
	return o, nil
}
