package hours_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/hours"
)

// Hours that were made by calls, written as people write them and read again, are open at the same times.
func TestRowI154HoursAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	span := func(from, to int) hours.Span { return hours.Span{From: from * 60, To: to * 60} }
	every := func(s hours.Span) (all []hours.Times) {
		for d := time.Sunday; d <= time.Saturday; d++ {
			all = append(all, hours.Times{Day: d, Span: s})
		}
		return all
	}
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(1, 0, 0)
	for name, plan := range map[string]hours.Plan{
		"never":        {},
		"always":       {Week: every(span(0, 24))},
		"nights":       {Zone: "Europe/Berlin", Week: []hours.Times{{Day: time.Friday, Span: span(22, 30)}, {Day: time.Saturday, Span: span(9, 33)}}},
		"two a day":    {Zone: "America/New_York", Week: slices.Concat(every(span(9, 12)), every(span(13, 17)))},
		"replaced":     {Week: every(span(9, 17)), Overrides: []hours.Override{{First: "2026-03-02", Last: "2026-03-08", Times: []hours.Times{{Day: time.Tuesday, Span: span(10, 11)}}}, {First: "2026-03-01", Last: "2026-03-31"}}},
		"opened":       {Week: every(span(9, 17)), Overrides: []hours.Override{{First: "2026-03-02", Last: "2026-03-08", Effect: hours.Opens, Times: []hours.Times{{Day: time.Monday, Span: span(17, 20)}}}}},
		"taken away":   {Week: every(span(9, 17)), Overrides: []hours.Override{{First: "2026-03-02", Last: "2026-03-08", Effect: hours.Closes, Times: every(span(12, 13))}}},
		"every second": {Week: every(span(9, 17)), Overrides: []hours.Override{{First: "2026-03-02", Last: "2026-12-31", Times: every(span(8, 9)), Recurs: &hours.Recurrence{Frequency: "WEEKLY", Interval: 2}}}},
	} {
		h, err := hours.Of(plan)
		if err != nil {
			t.Fatal(err)
		}
		cfg, whole := h.Config(from, to)
		again, err := hours.New(cfg)
		if err != nil || !whole {
			t.Errorf("%s: %+v: %v, whole %v", name, cfg, err, whole)
			continue
		}
		for at := from; at.Before(to); at = at.Add(30 * time.Minute) {
			if h.Open(at) != again.Open(at) {
				t.Errorf("%s: at %s open %v, written as %+v %v", name, at, h.Open(at), cfg, again.Open(at))
				break
			}
		}
	}
	h, err := hours.New(hours.Config{Open: []string{"Mon-Fri 9:00-17:30", "Sat 10:00-12:00 14:00-24:00"}, Overrides: []string{"2026-12-24 9:00-12:00", "2026-12-25..2026-12-26 closed", "2030-01-01 closed"}})
	if err != nil {
		t.Fatal(err)
	}
	cfg, whole := h.Config(from, to)
	want := hours.Config{Open: []string{"Mon-Fri 9:00-17:30", "Sat 10:00-12:00 14:00-24:00"}, Overrides: []string{"2026-12-24 9:00-12:00", "2026-12-25..2026-12-26 closed"}}
	if diff := cmp.Diff(want, cfg); diff != "" || whole {
		t.Errorf("whole %v (-want +got):\n%s", whole, diff)
	}
}
