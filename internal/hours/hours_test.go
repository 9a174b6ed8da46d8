package hours_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/hours"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	office := hours.Config{
		Zone: "Europe/Berlin", Open: []string{"Mon-Fri 9:00-12:00 13:00-17:30", "sat,su 10:00-11:00"},
		Overrides: []string{"2026-12-24 9:00-10:00", "2026-12-24..2026-12-31 closed", "2026-12-31 always"},
	}
	for _, test := range []struct {
		name string
		cfg  hours.Config
		open string // times that are open
		shut string
	}{
		{
			"a week", office, "2026-11-30T08:00:00Z 2026-11-30T10:59:59Z 2026-11-30T12:00:00Z 2026-11-30T16:29:59Z 2026-11-28T09:00:00Z 2026-11-29T09:59:59Z",
			"2026-11-30T07:59:59Z 2026-11-30T11:00:00Z 2026-11-30T16:30:00Z 2026-11-28T10:00:00Z 2026-11-29T08:59:59Z",
		},
		{"summer time", office, "2026-07-06T07:00:00Z 2026-07-06T15:29:00Z", "2026-07-06T06:59:59Z 2026-07-06T15:30:00Z"},
		{"overrides", office, "2026-12-24T08:30:00Z 2026-12-23T12:00:00Z 2027-01-01T12:00:00Z", "2026-12-24T09:00:00Z 2026-12-28T12:00:00Z 2026-12-31T12:00:00Z"},
		{
			"over midnight",
			hours.Config{Zone: "America/New_York", Open: []string{"Fri 22:00-6:00"}, Overrides: []string{"2026-12-12 closed"}},
			"2026-12-05T03:00:00Z 2026-12-05T10:59:59Z 2026-12-12T05:00:00Z", "2026-12-05T02:59:59Z 2026-12-05T11:00:00Z 2026-12-04T05:00:00Z",
		},
		{"the days around the weekend", hours.Config{Open: []string{"Fri-Mon 0:00-24:00"}}, "2026-12-04T00:00:00Z 2026-12-07T23:59:59Z", "2026-12-03T23:59:59Z 2026-12-08T00:00:00Z"},
		{"always", hours.Config{Open: []string{"always"}}, "2026-12-04T00:00:00Z", ""},
		{"never", hours.Config{Open: []string{"closed"}, Overrides: []string{"2026-12-04 always"}}, "2026-12-04T23:59:00Z", "2026-12-05T00:00:00Z"},
		// The hour that is there twice when summer ends, and the one that is not when it begins.
		{"an hour twice", hours.Config{Zone: "Europe/Berlin", Open: []string{"Sun 2:00-3:00"}}, "2026-10-25T00:30:00Z 2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z 2026-03-29T01:00:00Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h, err := hours.New(test.cfg)
			if err != nil {
				t.Fatal(err)
			}
			for want, times := range map[bool]string{true: test.open, false: test.shut} {
				for text := range strings.FieldsSeq(times) {
					at, err := time.Parse(time.RFC3339, text)
					if err != nil {
						t.Fatal(err)
					}
					if h.Open(at) != want {
						t.Errorf("at %s open is %t", text, !want)
					}
				}
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for _, cfg := range []hours.Config{
		{Zone: "Berlin"},
		{Zone: "Local"},
		{Open: []string{""}},
		{Open: []string{"Mon"}},
		{Open: []string{"M 9:00-10:00"}},
		{Open: []string{"Mon-Foo 9:00-10:00"}},
		{Open: []string{"Mon 9-10"}},
		{Open: []string{"Mon 9:00"}},
		{Open: []string{"Mon 24:00-25:00"}},
		{Open: []string{"Mon 9:60-10:00"}},
		{Open: []string{"Mon -1:00-10:00"}},
		{Overrides: []string{"2026-12-24"}},
		{Overrides: []string{"24.12.2026 closed"}},
		{Overrides: []string{"2026-02-30 closed"}},
		{Overrides: []string{"2026-12-24..2026-12-23 closed"}},
		{Overrides: []string{"2026-12-24 open"}},
	} {
		if _, err := hours.New(cfg); err == nil {
			t.Errorf("%+v was read", cfg)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("Mon-Fri 9:00-17:30", "2026-12-24..2026-12-31 closed")
	f.Add("always", "2026-12-24 22:00-6:00")
	f.Fuzz(func(t *testing.T, open, override string) {
		h, err := hours.New(hours.Config{Open: []string{open}, Overrides: []string{override}})
		if failed := hours.CheckOpen(open) != nil || hours.CheckOverride(override) != nil; (err != nil) != failed {
			t.Fatalf("%v", err)
		}
		if err == nil {
			h.Open(time.Unix(1_800_000_000, 0))
		}
	})
}
