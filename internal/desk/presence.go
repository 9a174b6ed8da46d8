package desk

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// GoneAfter is how long a person who has a window may be without one: a page that is loaded anew, or a
// connection that breaks, is no reason to go. It is real time, whatever the clock of the chats is.
const GoneAfter = 10 * time.Second

// window is where a person looks at the desk, in one page or in several. Its fields are guarded by the
// desk's lock.
type window struct {
	open  int         // the pages
	timer *time.Timer // ends GoneAfter; nil for none
	gone  bool
	was   standing // before it was gone
}

// Window tells that people look at the desk, until close is called. Who was added with a window and has
// none any more goes away: see [GoneAfter]. Who comes back is again what they were. Those who were not
// added with a window are not touched.
func (d *Desk) Window(names ...string) (closed func()) {
	d.mu.Lock()
	back := false
	for _, name := range names {
		w := d.windowOf(name)
		w.open++
		if w.timer != nil {
			w.timer.Stop()
			w.timer = nil
		}
		if a := d.named[name]; w.gone && a != nil && a.windowed && a.state == Away {
			a.standing, back = w.was, true
		}
		w.gone = false
	}
	if back {
		d.fillAll()
	}
	d.mu.Unlock()
	if back {
		d.changed()
	}
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, name := range names {
			w := d.windows[name]
			if w.open--; w.open > 0 {
				continue
			}
			if a := d.named[name]; a == nil || !a.windowed {
				delete(d.windows, name)
				continue
			}
			d.expect(name, w)
		}
	}
}

// windowOf returns the window of a name. The caller holds the desk's lock.
func (d *Desk) windowOf(name string) *window {
	w := d.windows[name]
	if w == nil {
		w = &window{}
		d.windows[name] = w
	}
	return w
}

// expect waits for the window of a person to open. The caller holds the desk's lock.
func (d *Desk) expect(name string, w *window) {
	w.timer = time.AfterFunc(GoneAfter, func() { d.spawn(func() { d.depart(name, w) }) })
}

// sits notes whether a person was added with a window. The caller holds the desk's lock.
func (d *Desk) sits(a *agent, withWindow bool) {
	w := d.windows[a.name]
	a.windowed = a.partner == nil && (withWindow || w != nil && w.open > 0)
	if w != nil {
		w.gone = false
	}
	if !a.windowed {
		return
	}
	if w = d.windowOf(a.name); w.open == 0 && w.timer == nil {
		d.expect(a.name, w)
	}
}

// depart lets a person whose window is gone be away: invitations are declined, and the chats wait again.
func (d *Desk) depart(name string, w *window) {
	d.mu.Lock()
	a := d.named[name]
	if w.open > 0 || d.windows[name] != w || w.timer == nil {
		d.mu.Unlock()
		return
	}
	w.timer = nil
	if a == nil || !a.windowed || a.leaves {
		delete(d.windows, name)
		d.mu.Unlock()
		return
	}
	w.gone, w.was = true, a.standing
	if a.state == Available {
		a.standing = standing{state: Away}
	}
	d.decline(a)
	d.fillAll()
	d.mu.Unlock()
	d.changed()
	d.report("", d.giveBack(d.ctx, a))
	d.changed()
}

// giveBack gives the contacts of an agent back to their queues, but for those that others answer.
func (d *Desk) giveBack(ctx context.Context, a *agent) error {
	d.mu.Lock()
	seats := make([]*seat, 0, len(a.seats))
	for _, s := range a.seats {
		seats = append(seats, s)
	}
	d.mu.Unlock()
	for _, s := range seats {
		spare, err := d.leaveOthers(ctx, s)
		if err == nil && !spare {
			_, err = d.chats.Transfer(ctx, s.ticket.id, s.participantID, chat.Transfer{Queue: d.origin(s.ticket), Back: true})
		}
		if err != nil && !errors.Is(err, chat.ErrNotFound) && !errors.Is(err, chat.ErrAccessDenied) {
			return err
		}
	}
	return nil
}
