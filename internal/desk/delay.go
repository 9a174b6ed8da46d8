package desk

import (
	"slices"
	"time"
)

// terms are those on which an agent takes contacts of a queue by itself, as in [PostQueue].
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/concepts-routing-profiles-priority.html
type terms struct {
	priority int
	delay    time.Duration
}

// ripe reports whether a contact has waited as long as an agent leaves it to others.
func (d *Desk) ripe(t *ticket, of terms) bool {
	return of.delay == 0 || !d.chats.Clock().Now().Before(t.seems().Add(of.delay))
}

// ripen sets the alarm at which the next agents may take a contact that waits, and unsets that of one
// that waits no more, or for one agent. The caller holds the desk's lock.
func (d *Desk) ripen(t *ticket) {
	if t.ripens != nil {
		t.ripens()
		t.ripens = nil
	}
	if !t.waits || t.routed.Agent != "" {
		return
	}
	for _, delay := range t.queue.delays {
		if d.ripe(t, terms{delay: delay}) {
			continue
		}
		t.ripens = d.chats.Clock().At(t.seems().Add(delay), func() {
			d.spawn(func() {
				d.mu.Lock()
				d.ripened(t)
				d.ripen(t)
				d.mu.Unlock()
				d.changed()
			})
		})
		return
	}
}

// ripened lets agents take contacts until one has taken t, or none may. They take those first that come
// before it: of contacts that came together, either may be told first that it is ripe.
func (d *Desk) ripened(t *ticket) {
	for t.waits && t.claim == nil {
		a := d.best(t)
		if a == nil {
			return
		}
		if first := d.next(a); first == nil || !d.claim(a, first) {
			return
		}
	}
}

// delay notes for how long users leave the contacts of queues to others. The caller holds the desk's
// lock.
func (d *Desk) delay() {
	for _, q := range d.queues {
		q.delays = nil
		for _, a := range d.agents {
			if delay := a.terms[q].delay; delay > 0 {
				q.delays = append(q.delays, delay)
			}
		}
		slices.Sort(q.delays)
		q.delays = slices.Compact(q.delays)
		for _, t := range q.waiting {
			d.ripen(t)
		}
	}
}
