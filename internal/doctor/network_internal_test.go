package doctor

import (
	"testing"
	"time"
)

// How long an answer took is not taken for the difference of two clocks.
func TestClockOfASlowAnswer(t *testing.T) {
	t.Parallel()
	begun := time.Date(2026, 11, 30, 9, 0, 0, 900_000_000, time.UTC)
	for name, c := range map[string]struct {
		took, ahead time.Duration // of the answer, and of this machine's clock
		status      Status
		detail      string
	}{
		"quick":                    {time.Millisecond, 0, OK, "agrees with AWS"},
		"slow":                     {20 * time.Second, 0, OK, "agrees with AWS"},
		"quick, a little off":      {time.Millisecond, 30 * time.Second, OK, "31s ahead of AWS"},
		"slow, a little off":       {20 * time.Second, -45 * time.Second, OK, ""},
		"slow, off":                {20 * time.Second, 2 * time.Minute, Warn, ""},
		"slow, far off":            {20 * time.Second, -5 * time.Minute, Fail, ""},
		"quick, off by the minute": {time.Millisecond, -62 * time.Second, Warn, "1m1s behind AWS"},
	} {
		for _, at := range []time.Duration{0, c.took} { // after which the server writes the date
			date := begun.Add(at - c.ahead).Truncate(time.Second)
			e := &examination{served: serverClock{date: date, local: begun.Add(c.took / 2), doubt: c.took / 2}}
			if got := e.clock(t.Context()); got.status != c.status || c.detail != "" && got.detail != c.detail {
				t.Errorf("%s, dated after %s: %s %q", name, at, got.status, got.detail)
			}
		}
	}
}
