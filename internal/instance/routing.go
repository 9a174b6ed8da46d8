package instance

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/hours"
)

// Effective are hours with all overrides that count: their own, then those of their parents, in their
// order. The error completes a sentence that begins with the time zone.
func (k *Keeper) Effective(h *Item[Hours]) (*hours.Hours, error) {
	plan := h.Is.Plan
	plan.Overrides = nil
	for _, id := range slices.Concat([]string{h.ID}, h.Is.Parents) {
		from := h
		if id != h.ID {
			if from = k.Hours.Find(id); from == nil { // it was configured when it became a parent
				continue
			}
		}
		for _, o := range from.Is.Overrides {
			plan.Overrides = append(plan.Overrides, o.Override)
		}
	}
	return hours.Of(plan)
}

// Opening are the hours of operation by their names, and the names of those of queues, by all names by
// which contacts may wait in them.
func (k *Keeper) Opening() (all map[string]*hours.Hours, queues map[string]string) {
	all, queues = map[string]*hours.Hours{}, map[string]string{}
	for _, h := range k.Hours.All() {
		if effective, err := k.Effective(h); err == nil { // its zone was known when it was created
			all[h.Name] = effective
		}
	}
	for _, former := range []bool{true, false} {
		for _, q := range k.Queues.All() {
			h := k.Hours.Find(q.Is.HoursID)
			if h == nil {
				continue
			}
			if !former {
				queues[q.Name] = h.Name
				continue
			}
			for _, name := range q.Is.Former {
				queues[name] = h.Name
			}
		}
	}
	return all, queues
}

// Names are the names of queues, hours and users by their ids, by which flows refer to them.
func (k *Keeper) Names() map[string]string {
	names := map[string]string{}
	collect(names, &k.Queues)
	collect(names, &k.Hours)
	collect(names, &k.Users)
	return names
}

func collect[T any](names map[string]string, s *Shelf[T]) {
	for _, one := range s.All() {
		names[one.ID] = one.Name
	}
}

// Post is what a user takes chats for.
type Post struct {
	UserID, Name string
	// Queues are those whose chats the user gets; Chats is how many at once.
	Queues []PostQueue
	Chats  int
	// AutoAccept lets the user take chats without accepting them.
	AutoAccept bool
}

// PostQueue is a queue whose chats a user gets: those of queues with a lower Priority first, and each
// after it has waited for Delay.
type PostQueue struct {
	Name     string
	Priority int
	Delay    time.Duration
}

// manualPriority puts the queues from which users take chats themselves behind all of the others.
const manualPriority = 100

// Posts are what the users take chats for, as their routing profiles say.
func (k *Keeper) Posts() []Post {
	var posts []Post
	for _, u := range k.Users.All() {
		post := Post{UserID: u.ID, Name: u.Name, AutoAccept: u.Is.AcceptsChats()}
		if p := k.Profiles.Find(u.Is.ProfileID); p != nil && p.Is.Chats > 0 {
			post.Chats = p.Is.Chats
			for i, q := range slices.Concat(p.Is.Queues, p.Is.Manual) {
				queue := k.Queues.Find(q.ID)
				if queue == nil || q.Channel != "CHAT" || slices.ContainsFunc(post.Queues, func(other PostQueue) bool { return other.Name == queue.Name }) {
					continue
				}
				if i >= len(p.Is.Queues) {
					q.Priority = manualPriority
				}
				post.Queues = append(post.Queues, PostQueue{queue.Name, q.Priority, time.Duration(q.Delay) * time.Second})
			}
		}
		posts = append(posts, post)
	}
	return posts
}
