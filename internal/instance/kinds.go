package instance

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/parley-chat/parley/internal/hours"
)

// Default quotas of an instance.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-service-limits.html
const (
	MaxQueues        = 50
	MaxHours         = 100
	MaxPrompts       = 500
	MaxQuickConnects = 100
	MaxProfiles      = 100
	MaxUsers         = 500
	MaxStatuses      = 50
)

// Given is what an instance has from the configuration.
type Given struct {
	Queues           []Item[Queue]
	Hours            []Item[Hours]
	Profiles         []Item[Profile]
	SecurityProfiles []Item[SecurityProfile]
	Statuses         []Item[Status]
	Views            []Item[View]
}

// Queue is what queues have.
type Queue struct {
	// HoursID is the id of its hours of operation.
	HoursID string `json:"hours"`
	// MaxContacts is how many contacts may wait in it; nil means any number.
	MaxContacts *int `json:"maxContacts,omitempty"`
	// Disabled takes no further contacts; those in it go on waiting.
	Disabled bool `json:"disabled,omitempty"`
	// Caller is what calls out of the queue show, as JSON; nil for nothing.
	Caller json.RawMessage `json:"caller,omitempty"`
	// QuickConnects are the ids of the quick connects of its agents.
	QuickConnects []string `json:"quickConnects,omitempty"`
	// Former are the names it had, by which contacts may wait in it.
	Former []string `json:"former,omitempty"`
}

// Hours are what hours of operation have.
type Hours struct {
	hours.Plan
	// Overrides are those of the plan, with what only people need.
	Overrides []Override `json:"named,omitempty"`
	// Parents are the ids of hours whose overrides count as well, after the own. Those that have some are
	// no parents themselves.
	Parents []string `json:"parents,omitempty"`
}

// Override is an override of hours.
type Override struct {
	ID          string `json:"id"`
	Description string `json:"description,omitempty"`
	hours.Override
}

// Prompt is what prompts have.
type Prompt struct {
	// URI is where its sound is.
	URI string `json:"uri"`
}

// QuickConnect is what quick connects have.
type QuickConnect struct {
	// Type is USER, QUEUE, PHONE_NUMBER or FLOW; Config is all of what it leads to, as JSON.
	Type   string          `json:"type"`
	Config json.RawMessage `json:"config"`
	// QueueID and UserID are what it leads to; empty for something else.
	QueueID string `json:"queue,omitempty"`
	UserID  string `json:"user,omitempty"`
}

// Profile is what routing profiles have.
type Profile struct {
	OutboundQueueID string `json:"outbound"`
	// Chats is how many chats at once its agents take; zero means that they take none.
	Chats int `json:"chats"`
	// Concurrencies are all channels, as JSON.
	Concurrencies json.RawMessage `json:"concurrencies"`
	// Queues are those whose contacts its agents get, Manual those from which they take contacts
	// themselves.
	Queues []ProfileQueue `json:"queues,omitempty"`
	Manual []ProfileQueue `json:"manual,omitempty"`
	Timer  string         `json:"timer,omitempty"`
}

// ProfileQueue is a queue in a routing profile.
type ProfileQueue struct {
	ID, Channel     string
	Priority, Delay int
}

// User is what users have.
type User struct {
	ProfileID        string   `json:"profile"`
	SecurityProfiles []string `json:"securityProfiles"`
	// Rest are the other members, as JSON, by their names. There is no password among them.
	Rest map[string]json.RawMessage `json:"rest,omitempty"`
	// Proficiencies are what the user is good at, the first that was said first.
	Proficiencies []Proficiency `json:"proficiencies,omitempty"`
}

// autoAccept is an entry of AutoAcceptConfigs.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_AutoAcceptConfig.html
type autoAccept struct {
	Channel                      string
	AutoAccept                   bool
	AgentFirstCallbackAutoAccept *bool `json:",omitempty"`
}

const autoAccepts = "AutoAcceptConfigs"

// accepting are the entries of AutoAcceptConfigs, and the place of that of chats; -1 for none.
func (u *User) accepting() (all []autoAccept, chats int) {
	if json.Unmarshal(u.Rest[autoAccepts], &all) != nil {
		return nil, -1
	}
	return all, slices.IndexFunc(all, func(one autoAccept) bool { return one.Channel == "CHAT" })
}

// AcceptsChats reports whether the user gets chats without accepting them.
func (u *User) AcceptsChats() bool {
	all, chats := u.accepting()
	return chats >= 0 && all[chats].AutoAccept
}

// AcceptChats lets the user get chats without accepting them, or not; other channels stay. The error is
// that of encoding.
func (u *User) AcceptChats(on bool) error {
	all, chats := u.accepting()
	if chats < 0 {
		all, chats = append(all, autoAccept{Channel: "CHAT"}), len(all)
	}
	all[chats].AutoAccept = on
	body, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("keeping which contacts a user accepts: %w", err)
	}
	if u.Rest == nil {
		u.Rest = map[string]json.RawMessage{}
	}
	u.Rest[autoAccepts] = body
	return nil
}

// Proficiency is how good a user is at something.
type Proficiency struct {
	AttributeName, AttributeValue string
	Level                         float64
}

// Status is what agent statuses have.
type Status struct {
	// Type is ROUTABLE, OFFLINE or CUSTOM.
	Type     string `json:"type"`
	Disabled bool   `json:"disabled,omitempty"`
	// Order is its place in a menu, from 1 on; zero for none.
	Order int `json:"order,omitempty"`
}

// SecurityProfile is what security profiles have.
type SecurityProfile struct{}

// shelves are what is kept beside flows and functions.
type shelves struct {
	Queues           Shelf[Queue]
	Hours            Shelf[Hours]
	Prompts          Shelf[Prompt]
	QuickConnects    Shelf[QuickConnect]
	Profiles         Shelf[Profile]
	Users            Shelf[User]
	SecurityProfiles Shelf[SecurityProfile]
	Statuses         Shelf[Status]
	Views            Shelf[View]
}

// openShelves reads what is kept on all shelves.
func (k *Keeper) openShelves(ctx context.Context) error {
	k.Queues = Shelf[Queue]{kind: "queue", most: MaxQueues, fits: k.fitsQueue, leaves: k.leavesQueue}
	k.Hours = Shelf[Hours]{kind: "hours of operation", most: MaxHours, fits: k.fitsHours, leaves: k.leavesHours}
	k.Prompts = Shelf[Prompt]{kind: "prompt", most: MaxPrompts}
	k.QuickConnects = Shelf[QuickConnect]{kind: "quick connect", most: MaxQuickConnects, fits: k.fitsQuickConnect, leaves: k.leavesQuickConnect}
	k.Profiles = Shelf[Profile]{kind: "routing profile", most: MaxProfiles, fits: k.fitsProfile, leaves: k.leavesProfile}
	k.Users = Shelf[User]{kind: "user", most: MaxUsers, fits: k.fitsUser, leaves: k.leavesUser}
	k.SecurityProfiles = Shelf[SecurityProfile]{kind: "security profile"}
	k.Statuses = Shelf[Status]{kind: "agent status", most: MaxStatuses}
	k.Views = Shelf[View]{kind: "view", most: math.MaxInt} // no quota is documented
	given := &k.cfg.Given
	return cmp.Or(
		k.Queues.open(ctx, k, given.Queues), k.Hours.open(ctx, k, given.Hours), k.Prompts.open(ctx, k, nil), k.QuickConnects.open(ctx, k, nil),
		k.Profiles.open(ctx, k, given.Profiles), k.Users.open(ctx, k, nil), k.SecurityProfiles.open(ctx, k, given.SecurityProfiles),
		k.Statuses.open(ctx, k, given.Statuses), k.Views.open(ctx, k, given.Views),
	)
}

// all is the first failure of f for some ids.
func all[T any](ids []T, f func(T) error) error {
	for _, id := range ids {
		if err := f(id); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keeper) fitsQueue(one *Item[Queue]) error {
	return cmp.Or(k.Hours.knows(one.Is.HoursID), all(one.Is.QuickConnects, k.QuickConnects.knows))
}

func (k *Keeper) fitsHours(one *Item[Hours]) error {
	return cmp.Or(all(one.Is.Parents, k.Hours.knows), k.nested(one))
}

// nested refuses hours with parents that are parents, or whose parents have some.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/hours-of-operation-overrides.html
func (k *Keeper) nested(one *Item[Hours]) error {
	if len(one.Is.Parents) == 0 {
		return nil
	}
	for _, h := range k.Hours.All() {
		parent := slices.Contains(one.Is.Parents, h.ID)
		if parent && (h.ID == one.ID || len(h.Is.Parents) > 0) || slices.Contains(h.Is.Parents, one.ID) {
			return ErrNested
		}
	}
	return nil
}

func (k *Keeper) fitsQuickConnect(one *Item[QuickConnect]) error {
	if one.Is.QueueID != "" {
		return k.Queues.knows(one.Is.QueueID)
	}
	if one.Is.UserID != "" {
		return k.Users.knows(one.Is.UserID)
	}
	return nil
}

func (k *Keeper) fitsProfile(one *Item[Profile]) error {
	known := func(q ProfileQueue) error { return k.Queues.knows(q.ID) }
	return cmp.Or(k.Queues.knows(one.Is.OutboundQueueID), all(one.Is.Queues, known), all(one.Is.Manual, known))
}

func (k *Keeper) fitsUser(one *Item[User]) error {
	return cmp.Or(k.Profiles.knows(one.Is.ProfileID), all(one.Is.SecurityProfiles, k.SecurityProfiles.knows))
}

// usedBy says that a resource is in use by the first of others that needs it; nil when none does.
func usedBy[T any](s *Shelf[T], id string, needs func(*Item[T]) bool) error {
	for _, one := range s.All() {
		if needs(one) {
			return &InUseError{id, fmt.Sprintf("the %s %q needs it", s.kind, one.Name)}
		}
	}
	return nil
}

func (k *Keeper) leavesQueue(q *Item[Queue]) error {
	same := func(p ProfileQueue) bool { return p.ID == q.ID }
	err := cmp.Or(
		usedBy(&k.Profiles, q.ID, func(p *Item[Profile]) bool {
			return p.Is.OutboundQueueID == q.ID || slices.ContainsFunc(p.Is.Queues, same) || slices.ContainsFunc(p.Is.Manual, same)
		}),
		usedBy(&k.QuickConnects, q.ID, func(c *Item[QuickConnect]) bool { return c.Is.QueueID == q.ID }),
	)
	if err == nil && !k.cfg.Retires(q.ID) {
		err = &InUseError{q.ID, "contacts wait in it"}
	}
	return err
}

func (k *Keeper) leavesHours(h *Item[Hours]) error {
	return cmp.Or(
		usedBy(&k.Queues, h.ID, func(q *Item[Queue]) bool { return q.Is.HoursID == h.ID }),
		usedBy(&k.Hours, h.ID, func(other *Item[Hours]) bool { return slices.Contains(other.Is.Parents, h.ID) }),
	)
}

func (k *Keeper) leavesQuickConnect(c *Item[QuickConnect]) error {
	return usedBy(&k.Queues, c.ID, func(q *Item[Queue]) bool { return slices.Contains(q.Is.QuickConnects, c.ID) })
}

func (k *Keeper) leavesProfile(p *Item[Profile]) error {
	return usedBy(&k.Users, p.ID, func(u *Item[User]) bool { return u.Is.ProfileID == p.ID })
}

func (k *Keeper) leavesUser(u *Item[User]) error {
	return usedBy(&k.QuickConnects, u.ID, func(c *Item[QuickConnect]) bool { return c.Is.UserID == u.ID })
}
