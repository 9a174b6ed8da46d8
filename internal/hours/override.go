package hours

import (
	"slices"
	"time"
)

// Effect is what an override does to the times of a date.
type Effect string

// Effects of overrides, as Amazon Connect names them.
const (
	// Replaces puts its times in the place of those of the week, on all of its dates. It is the effect of
	// no name.
	Replaces Effect = "STANDARD"
	// Opens adds its times to those of the week, and Closes takes them away.
	Opens  Effect = "OPEN"
	Closes Effect = "CLOSED"
)

// Override changes the times of a range of dates.
type Override struct {
	Name string `json:"name,omitempty"`
	// First and Last are dates as 2006-01-02, which sorts as dates do.
	First  string `json:"first"`
	Last   string `json:"last"`
	Effect Effect `json:"effect,omitempty"`
	// Times are for the days that they name. An override that replaces, and does not come again, closes
	// the other days of its range: it stands for all of the week. None at all are for the whole of every
	// day: nothing is open, or with Opens everything.
	Times []Times `json:"times,omitempty"`
	// Recurs are the dates of the range that count; nil for all.
	Recurs *Recurrence `json:"recurs,omitempty"`
}

// Recurrence are dates that come again.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_RecurrencePattern.html
type Recurrence struct {
	// Frequency is WEEKLY, MONTHLY or YEARLY, Interval every how many of them, from the first date on.
	Frequency string `json:"frequency"`
	Interval  int    `json:"interval"`
	// Months are those of a year, from 1 on, Days those of a month, -1 the last; none are those of the
	// first date. Occurrence is which of the weekdays of a month it is, -1 the last; none for any.
	Months     []int `json:"months,omitempty"`
	Days       []int `json:"days,omitempty"`
	Occurrence []int `json:"occurrence,omitempty"`
}

// On are the times that begin on a date, in the order of their beginnings. The date counts, and not the
// time of the day. What is closed counts before what is open, whichever came first, and both before
// what replaces the times of the week.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/hours-of-operation-overrides.html,
// "Dates with competing overrides"
func (h *Hours) On(date time.Time) []Span {
	spans := of(h.plan.Week, date.Weekday())
	if i := slices.IndexFunc(h.plan.Overrides, func(o Override) bool { return o.replaces() && o.Counts(date) }); i >= 0 {
		spans = of(h.plan.Overrides[i].Times, date.Weekday())
	}
	for _, effect := range []Effect{Opens, Closes} {
		for _, o := range h.plan.Overrides {
			if o.Effect != effect || !o.Counts(date) {
				continue
			}
			for _, s := range o.On(date) {
				spans = without(spans, s)
				if effect == Opens {
					spans = append(spans, s)
				}
			}
		}
	}
	slices.SortFunc(spans, func(a, b Span) int { return a.From - b.From })
	return spans
}

func (o *Override) replaces() bool { return o.Effect == "" || o.Effect == Replaces }

// On are the times that an override names for a date that it counts for.
func (o *Override) On(date time.Time) []Span {
	if len(o.Times) == 0 && !o.replaces() {
		return []Span{{0, day}}
	}
	return of(o.Times, date.Weekday())
}

// Counts reports whether an override is for a date.
func (o *Override) Counts(date time.Time) bool {
	text := date.Format(time.DateOnly)
	return o.First <= text && text <= o.Last && o.Recurs.counts(o.First, date) &&
		(len(o.Times) == 0 || o.replaces() && o.Recurs == nil || slices.ContainsFunc(o.Times, func(t Times) bool { return t.Day == date.Weekday() }))
}

// counts reports whether a date is one that comes again.
func (r *Recurrence) counts(from string, date time.Time) bool {
	first, err := time.Parse(time.DateOnly, from)
	if r == nil || err != nil {
		return r == nil
	}
	date = time.Date(date.Year(), date.Month(), date.Day(), 0, 0, 0, 0, time.UTC)
	every, passed := max(1, r.Interval), 0
	if r.Frequency == "WEEKLY" { // a week begins on Sunday, as the days of the week do
		sunday := func(t time.Time) time.Time { return t.AddDate(0, 0, -int(t.Weekday())) }
		passed = int(sunday(date).Sub(sunday(first)) / (7 * 24 * time.Hour))
		return passed%every == 0
	}
	passed = date.Year() - first.Year()
	switch {
	case r.Frequency == "MONTHLY":
		passed = 12*passed + int(date.Month()-first.Month())
	case len(r.Months) > 0:
		if !slices.Contains(r.Months, int(date.Month())) {
			return false
		}
	case date.Month() != first.Month():
		return false
	}
	if passed%every != 0 {
		return false
	}
	fromEnd := date.AddDate(0, 1, -date.Day()).Day() - date.Day() // how many days the month still has
	switch {
	case len(r.Occurrence) > 0:
		return slices.Contains(r.Occurrence, (date.Day()-1)/7+1) || slices.Contains(r.Occurrence, -1) && fromEnd < 7
	case len(r.Days) > 0:
		return slices.Contains(r.Days, date.Day()) || slices.Contains(r.Days, -1) && fromEnd == 0
	}
	return date.Day() == first.Day()
}

// of are the times of a day of the week.
func of(times []Times, weekday time.Weekday) []Span {
	var spans []Span
	for _, t := range times {
		if t.Day == weekday {
			spans = append(spans, t.Span)
		}
	}
	return spans
}

// without takes a span out of others.
func without(spans []Span, out Span) []Span {
	var left []Span
	for _, s := range spans {
		if before := (Span{s.From, min(s.To, out.From)}); before.From < before.To {
			left = append(left, before)
		}
		if after := (Span{max(s.From, out.To), s.To}); after.From < after.To {
			left = append(left, after)
		}
	}
	return left
}
