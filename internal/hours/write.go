package hours

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Config is the plan as people write it, for [New]. Overrides are written as dates with the times that
// are open on them, from a date to another, both included; whole is false when others are left out.
func (h *Hours) Config(from, to time.Time) (cfg Config, whole bool) {
	cfg = Config{Zone: h.plan.Zone, Open: h.week()}
	whole = !slices.ContainsFunc(h.plan.Overrides, func(o Override) bool {
		return o.First < from.Format(time.DateOnly) || o.Last > to.Format(time.DateOnly)
	})
	type part struct{ first, last, text string }
	var parts []part
	for date := from; !date.After(to); date = date.AddDate(0, 0, 1) {
		if !slices.ContainsFunc(h.plan.Overrides, func(o Override) bool { return o.Counts(date) }) {
			continue
		}
		is, before, text := date.Format(time.DateOnly), date.AddDate(0, 0, -1).Format(time.DateOnly), written(h.On(date))
		if n := len(parts); n > 0 && parts[n-1].last == before && parts[n-1].text == text {
			parts[n-1].last = is
			continue
		}
		parts = append(parts, part{is, is, text})
	}
	for _, p := range parts {
		dates := p.first
		if p.last != p.first {
			dates += ".." + p.last
		}
		cfg.Overrides = append(cfg.Overrides, dates+" "+p.text)
	}
	return cfg, whole
}

// week are the times of every week, days with the same ones together.
func (h *Hours) week() []string {
	var open []string
	days := []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}
	text := func(i int) string { return written(of(h.plan.Week, days[i])) }
	for i := 0; i < len(days); {
		next := i + 1
		for next < len(days) && text(next) == text(i) {
			next++
		}
		if len(of(h.plan.Week, days[i])) > 0 {
			name := days[i].String()[:3]
			if next > i+1 {
				name += "-" + days[next-1].String()[:3]
			}
			open = append(open, name+" "+text(i))
		}
		i = next
	}
	if len(open) == 0 {
		return []string{closed}
	}
	return open
}

const closed = "closed"

// written are times as in "9:00-12:00 13:00-17:30".
func written(spans []Span) string {
	if len(spans) == 0 {
		return closed
	}
	var texts []string
	for _, s := range spans {
		end := s.To
		if end > day {
			end -= day
		}
		texts = append(texts, fmt.Sprintf("%d:%02d-%d:%02d", s.From/60, s.From%60, end/60, end%60))
	}
	return strings.Join(texts, " ")
}
