package settings_test

import (
	"strings"
	"testing"
	"time"
)

func TestRouting(t *testing.T) {
	t.Parallel()
	s := mustLoad(t, input{files: map[string]string{"parley.yaml": `
queues:
  Billing: Office
  Sales: {capacity: 10}
  Support: {hours: Night, capacity: 1}
hours:
  Office:
    zone: Europe/Berlin
    open: [Mon-Fri 9:00-12:00 13:00-17:30, Sat 10:00-12:00]
    overrides: ["2026-12-24 9:00-12:00", 2026-12-25 closed]
  Night: Sun-Sat 22:00-6:00
`}})
	capacity, book, err := s.Routing()
	if err != nil {
		t.Fatal(err)
	}
	if capacity["Billing"] != 0 || capacity["Sales"] != 10 || capacity["Support"] != 1 {
		t.Errorf("capacity is %v", capacity)
	}
	if book.Queues["Billing"] != "Office" || book.Queues["Sales"] != "" || book.Queues["Support"] != "Night" {
		t.Errorf("queues have the hours %v", book.Queues)
	}
	for _, test := range []struct {
		name, at    string
		open, known bool
	}{
		{"Office", "2026-11-30T08:00:00Z", true, true},
		{"Office", "2026-12-25T10:00:00Z", false, true},
		{"Office", "2026-12-24T12:30:00Z", false, true},
		{"Night", "2026-12-24T23:30:00Z", true, true},
		{"Noon", "2026-12-24T23:30:00Z", false, false},
	} {
		at, err := time.Parse(time.RFC3339, test.at)
		if err != nil {
			t.Fatal(err)
		}
		if open, known := book.Open(test.name, at); open != test.open || known != test.known {
			t.Errorf("%s at %s: %t, %t", test.name, test.at, open, known)
		}
	}
}

func TestRoutingFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, want string }{
		"capacity": {"queues:\n  q: {capacity: 0}\n", `parley.yaml:2: queues.q.capacity: "0" is no whole number from 1 on`},
		"sign":     {"queues:\n  q: {capacity: +5}\n", `parley.yaml:2: queues.q.capacity: "+5" is no whole number from 1 on`},
		"zero":     {"queues:\n  q: {capacity: '05'}\n", `parley.yaml:2: queues.q.capacity: "05" is no whole number from 1 on`},
		"no hours": {"queues:\n  q: Ofice\nhours:\n  Office: always\n", `parley.yaml:2: queues.q: "Ofice" is no entry of hours; did you mean Office?`},
		"none":     {"queues:\n  q: Office\n", `parley.yaml:2: queues.q: "Office" is no entry of hours, which is not there; write it, as in hours: {Office: Mon-Fri 9:00-17:30}`},
		"zone":     {"hours:\n  h: {open: always, zone: Berlin}\n", `parley.yaml:2: hours.h.zone: "Berlin" is not the name of a time zone`},
		"time":     {"hours:\n  h: Mon-Fri 9-17\n", `parley.yaml:2: hours.h: "Mon-Fri 9-17" has "Mon-Fri 9-17", which is not like "Mon-Fri 9:00-17:30"`},
		"override": {"hours:\n  h:\n    open: always\n    overrides: [24 Dec closed]\n", `parley.yaml:4: hours.h.overrides: has "24 Dec closed", which is not like "2026-12-24 9:00-12:00"`},
		"unsaid":   {"hours:\n  h: {overrides: 2026-12-24 closed}\n", "parley.yaml:2: hours.h: does not say when it is open"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := load(t, input{files: map[string]string{"parley.yaml": test.file}}); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Load error %v, want one with %q", err, test.want)
			}
		})
	}
}
