// Package instance keeps what an Amazon Connect instance is given through its API: contact flows,
// flow modules, and the functions and bots that flows may use; queues, hours of operation, prompts, quick
// connects, routing profiles, users, agent statuses and views.
//
// It knows the rules of publishing, and nothing of the wire format in which a script asks for it. A
// change is stored before anybody sees it; what is published can run the moment a call returns, and
// after every restart. A [Keeper] is safe for concurrent use.
package instance

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/flow"
)

// Store keeps documents durably, by kind and id.
type Store interface {
	// Documents returns the documents of a kind, by id.
	Documents(ctx context.Context, kind string) (map[string][]byte, error)
	// PutDocument keeps a document in the place of the one with its kind and id; nil removes it.
	PutDocument(ctx context.Context, kind, id string, body []byte) error
}

// flowDocument is the kind of documents of flows.
const flowDocument = "flow"

// Default quotas of an instance.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-service-limits.html
const (
	MaxFlows     = 100
	MaxModules   = 200
	MaxFunctions = 50
	MaxBots      = 100
	MaxOldBots   = 70
)

// Campaign is the kind of flows that outbound campaigns run, the only flows with versions.
const Campaign flow.Kind = "CAMPAIGN"

// Errors of changes, to be told apart with [errors.Is]; those of publishing are an [*InvalidError].
var (
	ErrNotFound  = errors.New("there is no such resource")
	ErrDuplicate = errors.New("another resource has this name")
	ErrLimit     = errors.New("the instance has as many of these as it may have")
	// ErrConfigured says that only the configuration can change or remove a resource.
	ErrConfigured = errors.New("only the configuration can change the resource")
	// ErrNested says that hours of operation would have parents and be a parent.
	ErrNested = errors.New("hours of operation that have parents cannot be parents")
)

// Flow is a contact flow, or a flow module when its Kind is [flow.Module].
type Flow struct {
	ID          string    `json:"id"`
	Kind        flow.Kind `json:"kind"`
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Archived    bool      `json:"archived,omitempty"`
	// Published is the content that runs; empty for a flow that was only saved. Draft is what was
	// saved since; empty for nothing.
	Published string `json:"published,omitempty"`
	Draft     string `json:"draft,omitempty"`
	// Settings and External are what a module says of itself: what it takes and gives, and whether
	// others than flows may call it.
	Settings string            `json:"settings,omitempty"`
	External bool              `json:"external,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
	// Versions are the contents that do not change any more, the oldest first.
	Versions []Version `json:"versions,omitempty"`
	// Aliases are names of versions, in the order in which they were given.
	Aliases []Alias `json:"aliases,omitempty"`
	// Numbered counts the versions there ever were: the number of a deleted one is not used again.
	Numbered int       `json:"numbered,omitempty"`
	Created  time.Time `json:"created"`
	Modified time.Time `json:"modified"`
}

// Version is a content of a flow that does not change any more.
type Version struct {
	Number      int    `json:"number"`
	Description string `json:"description,omitempty"`
	Content     string `json:"content"`
	Settings    string `json:"settings,omitempty"`
}

// Alias is a name of a version of a module. Flows call the module by it, and run the version that it
// names by then.
type Alias struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Version     int       `json:"version"`
	Modified    time.Time `json:"modified"`
}

// clone is a copy that can be changed.
func (f *Flow) clone() Flow {
	c := *f
	c.Tags, c.Versions, c.Aliases = maps.Clone(f.Tags), slices.Clone(f.Versions), slices.Clone(f.Aliases)
	return c
}

// Config is what a [Keeper] needs.
type Config struct {
	// Store keeps what there is. Required.
	Store Store
	// Now is the time of changes; nil means time.Now.
	Now func() time.Time
	// Limited enforces the default quotas.
	Limited bool
	// Taken reports whether a flow that comes from elsewhere has a name, or a module; nil means that
	// none has.
	Taken func(name string, module bool) bool
	// Runs is told which programs run, at the beginning and after each change. It is called by one
	// goroutine at a time. Nil does nothing.
	Runs func([]*flow.Program)
	// Given are the resources that come from the configuration.
	Given Given
	// Changed is told after each change of the resources that are no flows and no functions, by one
	// goroutine at a time. Retires is asked before a queue is removed, whose id it gets: it reports
	// whether no contact waits in it, and lets no further one in then, until Changed is called. Nil does
	// nothing.
	Changed func()
	Retires func(queueID string) bool
	// Log is told of stored flows that cannot run any more. Nil discards.
	Log *slog.Logger
}

// Keeper keeps what an instance was given.
type Keeper struct {
	cfg Config

	changing sync.Mutex // one change at a time
	mu       sync.RWMutex
	// flows are there by id, and order has them the oldest first. A flow that is here does not change,
	// and neither does an order: another one takes its place.
	flows    map[string]*Flow
	order    []*Flow
	programs map[string][]*flow.Program
	links    map[Link][]string
	shelves
}

// Open reads what is kept.
func Open(ctx context.Context, cfg Config) (*Keeper, error) {
	if cfg.Store == nil {
		return nil, errors.New("a keeper of an instance needs a store")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Taken == nil {
		cfg.Taken = func(string, bool) bool { return false }
	}
	if cfg.Runs == nil {
		cfg.Runs = func([]*flow.Program) {}
	}
	if cfg.Changed == nil {
		cfg.Changed = func() {}
	}
	if cfg.Retires == nil {
		cfg.Retires = func(string) bool { return true }
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	k := &Keeper{cfg: cfg, flows: map[string]*Flow{}, programs: map[string][]*flow.Program{}, links: map[Link][]string{}}
	stored, err := cfg.Store.Documents(ctx, flowDocument)
	if err != nil {
		return nil, fmt.Errorf("opening what the instance was given: %w", err)
	}
	for id, body := range stored {
		f := &Flow{}
		if err := json.Unmarshal(body, f); err != nil {
			return nil, fmt.Errorf("reading flow %s of the instance: %w", id, err)
		}
		k.flows[id] = f
		programs, err := f.compile(runnable)
		if err != nil { // a later version of this program knows more faults
			cfg.Log.ErrorContext(ctx, "a contact flow of the instance does not run: publish it again", slog.String("flow", f.Name), slog.Any("error", err))
		}
		k.programs[id] = programs
	}
	if err := k.openLinks(ctx); err != nil {
		return nil, err
	}
	if err := k.openShelves(ctx); err != nil {
		return nil, err
	}
	k.arrange()
	k.run()
	return k, nil
}

// Flows returns the flows and modules, the oldest first. The list and what it holds is not to be
// changed.
func (k *Keeper) Flows() []*Flow {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.order
}

// arrange puts the flows in their order. The caller holds the lock.
func (k *Keeper) arrange() {
	k.order = slices.SortedFunc(maps.Values(k.flows), func(a, b *Flow) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
}

// Find returns the flow with an id, or the module. Its maps and lists are not to be changed.
func (k *Keeper) Find(id string, module bool) (Flow, bool) {
	if f := k.flow(id, module); f != nil {
		return *f, true
	}
	return Flow{}, false
}

// Create keeps a new flow, which gets an id, and publishes it when it has Published. Errors:
// ErrDuplicate, ErrLimit, [*InvalidError] and those of the store.
func (k *Keeper) Create(ctx context.Context, f Flow) (Flow, error) {
	k.changing.Lock()
	defer k.changing.Unlock()
	if k.full(f.Kind == flow.Module) {
		return Flow{}, ErrLimit
	}
	f = f.clone()
	f.ID, f.Created = uuid.NewString(), k.cfg.Now()
	return k.put(ctx, f)
}

// Change lets f change the flow with an id, or the module, and publishes it when Published has
// changed. Errors: those of f and of [Keeper.Create], and ErrNotFound.
func (k *Keeper) Change(ctx context.Context, id string, module bool, f func(*Flow) error) (Flow, error) {
	k.changing.Lock()
	defer k.changing.Unlock()
	old := k.flow(id, module)
	if old == nil {
		return Flow{}, ErrNotFound
	}
	changed := old.clone()
	if err := f(&changed); err != nil {
		return Flow{}, err
	}
	return k.put(ctx, changed)
}

// Remove removes a flow or a module. Contacts that run it go on with it.
func (k *Keeper) Remove(ctx context.Context, id string, module bool) error {
	k.changing.Lock()
	defer k.changing.Unlock()
	if k.flow(id, module) == nil {
		return ErrNotFound
	}
	if err := k.cfg.Store.PutDocument(ctx, flowDocument, id, nil); err != nil {
		return fmt.Errorf("removing a flow of the instance: %w", err)
	}
	k.mu.Lock()
	delete(k.flows, id)
	delete(k.programs, id)
	k.arrange()
	k.mu.Unlock()
	k.run()
	return nil
}

// flow returns a flow or a module; nil for none.
func (k *Keeper) flow(id string, module bool) *Flow {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if f := k.flows[id]; f != nil && (f.Kind == flow.Module) == module {
		return f
	}
	return nil
}

// full reports whether there may be no more flows, or modules.
func (k *Keeper) full(module bool) bool {
	if !k.cfg.Limited {
		return false
	}
	count, limit := 0, MaxFlows
	if module {
		limit = MaxModules
	}
	for _, f := range k.Flows() {
		if (f.Kind == flow.Module) == module {
			count++
		}
	}
	return count >= limit
}

// put keeps a flow and runs what it publishes. The caller has the turn to change.
func (k *Keeper) put(ctx context.Context, f Flow) (Flow, error) {
	module := f.Kind == flow.Module
	old := k.flow(f.ID, module)
	if old == nil || old.Name != f.Name {
		for _, other := range k.Flows() {
			if other.ID != f.ID && other.Name == f.Name && (other.Kind == flow.Module) == module {
				return Flow{}, ErrDuplicate
			}
		}
		if k.cfg.Taken(f.Name, module) {
			return Flow{}, ErrDuplicate
		}
	}
	publishes, rules := old == nil || old.Published != f.Published, runnable
	if publishes && f.Kind != Campaign {
		rules = f.publishable
	}
	programs, err := f.compile(rules)
	if err != nil && publishes { // else it cannot run any more, and its name, tags and state can be changed
		return Flow{}, err
	}
	f.Modified = k.cfg.Now()
	body, err := json.Marshal(f)
	if err == nil {
		err = k.cfg.Store.PutDocument(ctx, flowDocument, f.ID, body)
	}
	if err != nil {
		return Flow{}, fmt.Errorf("keeping a flow of the instance: %w", err)
	}
	k.mu.Lock()
	k.flows[f.ID], k.programs[f.ID] = &f, programs
	k.arrange()
	k.mu.Unlock()
	k.run()
	return f, nil
}

// run tells which programs run.
func (k *Keeper) run() {
	var programs []*flow.Program
	for _, f := range k.Flows() {
		programs = append(programs, k.programs[f.ID]...)
	}
	k.cfg.Runs(programs)
}
