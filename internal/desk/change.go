package desk

import "fmt"

// AgentChange is a change of an agent; nil members change nothing.
type AgentChange struct {
	State *State
	// Status is the name of the status of the instance that State comes from; empty for none. It is
	// shown as long as the state is not changed again.
	Status   string
	Capacity *int
	// AutoAccept is that of [AgentConfig].
	AutoAccept *bool
}

// Change changes an agent. One who is not available keeps the chats it has. A user of the instance who
// has left the desk is there again. Errors: [ErrNoAgent], [NameError], and that of keeping AutoAccept:
// nothing is changed then.
func (d *Desk) Change(ref string, change AgentChange) (Agent, error) {
	if change.State != nil {
		if err := checkState(*change.State); err != nil {
			return Agent{}, err
		}
	}
	if change.Capacity != nil && *change.Capacity < 0 {
		return Agent{}, &NameError{"the capacity of an agent is not below zero"}
	}
	d.mu.Lock()
	a, err := d.meant(ref)
	if err == nil && change.AutoAccept != nil {
		name := a.name
		d.mu.Unlock()
		err = d.keepAuto(name, change.AutoAccept)
		d.mu.Lock()
		if err == nil {
			a, err = d.meant(ref) // who may have gone meanwhile
		}
	}
	if err != nil {
		d.mu.Unlock()
		return Agent{}, err
	}
	if change.State != nil {
		d.turn(a, standing{*change.State, change.Status})
	}
	if change.AutoAccept != nil && a.post == nil {
		a.auto, a.alone.auto = *change.AutoAccept, *change.AutoAccept
	}
	if change.Capacity != nil {
		a.capacity = *change.Capacity
		if a.capacity == 0 && a.partner == nil {
			a.capacity = DefaultCapacity
		}
		a.alone.capacity = a.capacity
	}
	d.fillAll() // also those who step in while nobody else is there
	state := a.show()
	d.mu.Unlock()
	d.changed()
	return state, nil
}

// meant returns the agent to change, by id or name. The caller holds the desk's lock.
func (d *Desk) meant(ref string) (*agent, error) {
	a, err := d.find(ref)
	if err != nil {
		if back := d.recall(ref); back != nil {
			return back, nil
		}
	}
	return a, err
}

// keepAuto keeps whether the user of a name accepts contacts without being asked; nil changes nothing. It
// does nothing for other agents, whom nobody but the desk knows. The user's post has it then.
func (d *Desk) keepAuto(name string, auto *bool) error {
	if auto == nil {
		return nil
	}
	d.mu.Lock()
	post := d.posts[name]
	d.mu.Unlock()
	if post == nil {
		return nil
	}
	return d.keeps(d.ctx, post.UserID, *auto)
}

// turn lets an agent take chats, or not, as was said just now: a window that opens again changes nothing
// of it. The caller holds the desk's lock.
func (d *Desk) turn(a *agent, to standing) {
	a.standing = to
	if w := d.windows[a.name]; w != nil {
		w.gone = false
	}
	if to.state == Offline {
		d.decline(a)
	}
}

func checkState(s State) error {
	switch s {
	case Available, Away, Offline:
		return nil
	}
	return &NameError{fmt.Sprintf("the state of an agent is available, away or offline, not %q", string(s))}
}
