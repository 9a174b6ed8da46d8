package settings

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/internal/hours"
)

// queues is the table of the desk's queues.
func queues() namedTable {
	return namedTable{
		name: "queues", entry: "QUEUE: HOURS", field: func(s *Settings) *[]Entry { return &s.QueueTable },
		help: "queues of the agent desk: the name of their hours, or a mapping of these members. What contact flows call them is in `names`",
		members: []member{
			{name: "hours", value: "HOURS", help: "the name of an entry of hours: when the queue is open"},
			{name: "capacity", value: "NUMBER", check: checkCapacity, help: "how many chats may wait in it; one more takes the branch QueueAtCapacity, and a transfer fails"},
		},
		plain: func(string) string { return "hours" },
	}
}

// checkCapacity demands a whole number from 1 on.
func checkCapacity(text string) error {
	if n, err := strconv.Atoi(text); err != nil || n < 1 || text != strconv.Itoa(n) { // +5 and 05 are no JSON
		return fault("is no whole number from 1 on")
	}
	return nil
}

// hoursTable is the table of the hours of operation.
func hoursTable() namedTable {
	return namedTable{
		name: "hours", entry: "HOURS: TIMES", field: func(s *Settings) *[]Entry { return &s.HoursTable },
		help: "hours of operation, as CheckHoursOfOperation asks for them: times such as `Mon-Fri 9:00-17:30`, or a mapping of these members",
		members: []member{
			{name: "open", value: "TIMES|LIST", kind: textList, check: hours.CheckOpen, help: "times of the week, such as `Mon-Fri 9:00-12:00 13:00-17:30`, `always` or `closed`"},
			{name: "zone", value: "ZONE", check: checkZone, help: "their time zone, such as Europe/Berlin; without it UTC"},
			{
				name: "overrides", value: "LIST", kind: textList, check: hours.CheckOverride,
				help: "dates with other times, such as `2026-12-24 9:00-12:00` or `2026-12-25..2026-12-31 closed`; the first for a date counts",
			},
		},
		plain: func(string) string { return "open" },
		together: choice{
			where:   []string{"open"},
			missing: "does not say when it is open; write open: closed for hours with overrides alone",
		},
	}
}

func checkZone(name string) error {
	_, err := hours.Zone(name)
	return err
}

// validateHours checks that the hours that queues name are there.
func (l *loader) validateHours() {
	var names []string
	for _, e := range l.settings.HoursTable {
		names = append(names, e.Key)
	}
	for _, e := range l.settings.QueueTable {
		var q queueEntry
		if err := e.Decode(&q); err != nil || q.Hours == "" || slices.Contains(names, q.Hours) {
			continue
		}
		l.fault(Fault{
			Origin: e.Origin, Setting: "queues." + e.Key, Value: q.Hours,
			Message: "is no entry of hours" + otherHours(q.Hours, names),
		})
	}
}

// otherHours says which hours there are, for a name that is none of them.
func otherHours(name string, names []string) string {
	if len(names) == 0 {
		return fmt.Sprintf(", which is not there; write it, as in hours: {%s: Mon-Fri 9:00-17:30}", name)
	}
	return fmt.Sprintf("%s; there are: %s", didYouMean(name, names), strings.Join(names, ", "))
}

// queueEntry is what an entry of queues says. A capacity of 0 is no bound.
type queueEntry struct {
	Hours    string `json:"hours"`
	Capacity int    `json:"capacity,string"`
}

// Routing returns how many contacts may wait in each queue of the table queues, and the hours of
// operation.
func (s *Settings) Routing() (capacity map[string]int, book *hours.Book, err error) {
	capacity, book = map[string]int{}, &hours.Book{Hours: map[string]*hours.Hours{}, Queues: map[string]string{}}
	entries, err := Decoded[queueEntry](s.QueueTable)
	if err != nil {
		return nil, nil, err
	}
	for name, q := range entries {
		capacity[name], book.Queues[name] = q.Capacity, q.Hours
	}
	for i := range s.HoursTable {
		e := &s.HoursTable[i]
		var times struct {
			Zone            string
			Open, Overrides []string
		}
		if err := e.Decode(&times); err != nil {
			return nil, nil, err
		}
		if book.Hours[e.Key], err = hours.New(hours.Config(times)); err != nil {
			return nil, nil, fmt.Errorf("%s: hours.%s %w", e.Origin, e.Key, err)
		}
	}
	return capacity, book, nil
}
