package hours_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/hours"
)

// The times of a date are those of its week, as the overrides for the date change them.
func TestOverrides(t *testing.T) {
	t.Parallel()
	all := func(from, to int) []hours.Times {
		var times []hours.Times
		for d := time.Sunday; d <= time.Saturday; d++ {
			times = append(times, hours.Times{Day: d, Span: hours.Span{From: from * 60, To: to * 60}})
		}
		return times
	}
	friday := []hours.Times{{Day: time.Friday, Span: hours.Span{From: 10 * 60, To: 11 * 60}}}
	recurs := func(r hours.Recurrence) hours.Override {
		return hours.Override{First: "2026-01-31", Last: "2029-12-31", Recurs: &r}
	}
	for _, test := range []struct {
		name      string
		overrides []hours.Override
		want      map[string]string
	}{
		{"none", nil, map[string]string{"2026-12-24": "9-17"}},
		{"replaced", []hours.Override{{First: "2026-12-24", Last: "2026-12-24", Times: all(9, 12)}}, map[string]string{"2026-12-23": "9-17", "2026-12-24": "9-12", "2026-12-25": "9-17"}},
		{"closed", []hours.Override{{First: "2026-12-24", Last: "2026-12-26"}}, map[string]string{"2026-12-24": "", "2026-12-26": "", "2026-12-27": "9-17"}},
		{"days that are not named are closed", []hours.Override{{First: "2026-12-21", Last: "2026-12-27", Times: friday}}, map[string]string{"2026-12-24": "", "2026-12-25": "10-11", "2026-12-28": "9-17"}},
		{"days to which nothing is added stay", []hours.Override{{First: "2026-12-21", Last: "2026-12-27", Effect: hours.Closes, Times: friday}}, map[string]string{"2026-12-24": "9-17", "2026-12-25": "9-10 11-17"}},
		{
			"closed before open, whichever came first",
			[]hours.Override{
				{First: "2026-12-24", Last: "2026-12-24", Effect: hours.Closes, Times: all(12, 16)},
				{First: "2026-12-24", Last: "2026-12-24", Effect: hours.Opens, Times: all(8, 20)},
				{First: "2026-12-24", Last: "2026-12-24", Times: all(13, 18)},
			},
			map[string]string{"2026-12-24": "8-12 16-20"},
		},
		{"the first of several", []hours.Override{{First: "2026-12-24", Last: "2026-12-24"}, {First: "2026-12-24", Last: "2026-12-24", Times: all(9, 12)}}, map[string]string{"2026-12-24": ""}},
		{"taken away", []hours.Override{{First: "2026-12-24", Last: "2026-12-24", Effect: hours.Closes, Times: all(12, 13)}}, map[string]string{"2026-12-24": "9-12 13-17"}},
		{"added", []hours.Override{{First: "2026-12-24", Last: "2026-12-24", Effect: hours.Opens, Times: all(16, 20)}}, map[string]string{"2026-12-24": "9-16 16-20"}},
		{"added to a closed day", []hours.Override{{First: "2026-12-24", Last: "2026-12-24"}, {First: "2026-12-24", Last: "2026-12-24", Effect: hours.Opens}}, map[string]string{"2026-12-24": "0-24"}},
		{"every second week", []hours.Override{recurs(hours.Recurrence{Frequency: "WEEKLY", Interval: 2})}, map[string]string{"2026-01-31": "", "2026-02-03": "9-17", "2026-02-08": "", "2026-02-14": "", "2026-02-15": "9-17"}},
		{"the last of each month", []hours.Override{recurs(hours.Recurrence{Frequency: "MONTHLY", Interval: 1, Days: []int{-1}})}, map[string]string{"2026-02-28": "", "2026-03-30": "9-17", "2028-02-29": "", "2028-02-28": "9-17"}},
		{"every third month", []hours.Override{recurs(hours.Recurrence{Frequency: "MONTHLY", Interval: 3})}, map[string]string{"2026-01-31": "", "2026-07-31": "", "2026-03-31": "9-17", "2027-01-31": ""}},
		{
			"the second Friday of March",
			[]hours.Override{{First: "2026-01-01", Last: "2029-12-31", Times: friday, Recurs: &hours.Recurrence{Frequency: "YEARLY", Interval: 1, Months: []int{3}, Occurrence: []int{2}}}},
			map[string]string{"2026-03-13": "10-11", "2026-03-06": "9-17", "2026-03-12": "9-17", "2027-03-12": "10-11", "2026-04-10": "9-17"},
		},
		{"every year", []hours.Override{{First: "2026-12-25", Last: "2030-12-31", Recurs: &hours.Recurrence{Frequency: "YEARLY", Interval: 2}}}, map[string]string{"2026-12-25": "", "2027-12-25": "9-17", "2028-12-25": "", "2028-12-24": "9-17"}},
	} {
		h, err := hours.Of(hours.Plan{Zone: "Europe/Berlin", Week: all(9, 17), Overrides: test.overrides})
		if err != nil {
			t.Fatal(err)
		}
		for date, want := range test.want {
			at, err := time.Parse(time.DateOnly, date)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range h.On(at) {
				got = append(got, fmt.Sprintf("%d-%d", s.From/60, s.To/60))
			}
			if got := strings.Join(got, " "); got != want {
				t.Errorf("%s: on %s it is open %q, want %q", test.name, date, got, want)
			}
		}
	}
}
