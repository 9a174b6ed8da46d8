package instance

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Item is a resource of an instance: what resources of all kinds have, and what those of its kind have.
type Item[T any] struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	Created     time.Time         `json:"created"`
	Modified    time.Time         `json:"modified"`
	// Configured says that it comes from the configuration, or with the instance: nobody can change it
	// here.
	Configured bool `json:"-"`
	Is         T    `json:"is"`
}

// Shelf keeps the resources of one kind. Names are there once. What it returns is not to be changed.
type Shelf[T any] struct {
	k    *Keeper
	kind string // of its documents, and for errors
	most int    // how many there may be, when that is limited
	// fits reports what is wrong with a new or changed resource, leaves what is against removing one;
	// nil for nothing. They are called when no other change is on its way.
	fits, leaves func(*Item[T]) error

	configured []*Item[T]
	items      map[string]*Item[T] // that were created
	order      []*Item[T]          // the configured ones, then the others, the oldest first
}

// open reads what is kept beside what is configured.
func (s *Shelf[T]) open(ctx context.Context, k *Keeper, configured []Item[T]) error {
	s.k, s.items = k, map[string]*Item[T]{}
	for _, one := range configured {
		one.Configured = true
		s.configured = append(s.configured, &one)
	}
	stored, err := k.cfg.Store.Documents(ctx, s.kind)
	if err != nil {
		return fmt.Errorf("opening what the instance was given: %w", err)
	}
	for id, body := range stored {
		one := &Item[T]{}
		if err := json.Unmarshal(body, one); err != nil {
			return fmt.Errorf("reading %s %s of the instance: %w", s.kind, id, err)
		}
		s.items[id] = one
	}
	s.arrange()
	return nil
}

// arrange puts the resources in their order. The caller holds the lock, or is alone.
func (s *Shelf[T]) arrange() {
	s.order = slices.Concat(s.configured, slices.SortedFunc(maps.Values(s.items), func(a, b *Item[T]) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	}))
}

// All returns the resources: those that are configured, then those that were created, the oldest first.
func (s *Shelf[T]) All() []*Item[T] {
	s.k.mu.RLock()
	defer s.k.mu.RUnlock()
	return s.order
}

// Find returns the resource with an id; nil for none.
func (s *Shelf[T]) Find(id string) *Item[T] {
	s.k.mu.RLock()
	defer s.k.mu.RUnlock()
	if one := s.items[id]; one != nil {
		return one
	}
	if i := slices.IndexFunc(s.configured, func(one *Item[T]) bool { return one.ID == id }); i >= 0 {
		return s.configured[i]
	}
	return nil
}

// Create keeps a new resource, which gets an id. Errors: ErrDuplicate, ErrLimit, [*MissingError] for what
// it names, and those of the store.
func (s *Shelf[T]) Create(ctx context.Context, one Item[T]) (*Item[T], error) {
	s.k.changing.Lock()
	defer s.k.changing.Unlock()
	if s.k.cfg.Limited && len(s.order) >= s.most {
		return nil, ErrLimit
	}
	one.ID, one.Created = uuid.NewString(), s.k.cfg.Now()
	return s.put(ctx, &one)
}

// Change lets f change the resource with an id. Errors: those of f and of [Shelf.Create], ErrNotFound and
// ErrConfigured.
func (s *Shelf[T]) Change(ctx context.Context, id string, f func(*Item[T]) error) error {
	s.k.changing.Lock()
	defer s.k.changing.Unlock()
	old, err := s.changeable(id)
	if err != nil {
		return err
	}
	body, err := json.Marshal(old)
	changed := &Item[T]{}
	if err == nil {
		err = json.Unmarshal(body, changed)
	}
	if err != nil {
		return fmt.Errorf("copying %s of the instance: %w", s.kind, err)
	}
	if err := f(changed); err != nil {
		return err
	}
	_, err = s.put(ctx, changed)
	return err
}

// Remove removes the resource with an id. Errors: ErrNotFound, ErrConfigured, [*InUseError] and those of
// the store.
func (s *Shelf[T]) Remove(ctx context.Context, id string) error {
	s.k.changing.Lock()
	defer s.k.changing.Unlock()
	one, err := s.changeable(id)
	if err != nil {
		return err
	}
	if s.leaves != nil {
		if err := s.leaves(one); err != nil {
			return err
		}
	}
	if err := s.k.cfg.Store.PutDocument(ctx, s.kind, id, nil); err != nil {
		s.k.cfg.Changed() // it stays
		return fmt.Errorf("removing %s of the instance: %w", s.kind, err)
	}
	s.k.mu.Lock()
	delete(s.items, id)
	s.arrange()
	s.k.mu.Unlock()
	s.k.cfg.Changed()
	return nil
}

func (s *Shelf[T]) changeable(id string) (*Item[T], error) {
	one := s.Find(id)
	switch {
	case one == nil:
		return nil, ErrNotFound
	case one.Configured:
		return nil, ErrConfigured
	}
	return one, nil
}

// put keeps a resource. The caller has the turn to change.
func (s *Shelf[T]) put(ctx context.Context, one *Item[T]) (*Item[T], error) {
	if slices.ContainsFunc(s.order, func(other *Item[T]) bool { return other.ID != one.ID && other.Name == one.Name }) {
		return nil, ErrDuplicate
	}
	if s.fits != nil {
		if err := s.fits(one); err != nil {
			return nil, err
		}
	}
	one.Modified = s.k.cfg.Now()
	body, err := json.Marshal(one)
	if err == nil {
		err = s.k.cfg.Store.PutDocument(ctx, s.kind, one.ID, body)
	}
	if err != nil {
		return nil, fmt.Errorf("keeping %s of the instance: %w", s.kind, err)
	}
	s.k.mu.Lock()
	s.items[one.ID] = one
	s.arrange()
	s.k.mu.Unlock()
	s.k.cfg.Changed()
	return one, nil
}

// knows says that a resource is missing; nil when it is there.
func (s *Shelf[T]) knows(id string) error {
	if s.Find(id) == nil {
		return &MissingError{s.kind, id}
	}
	return nil
}

// MissingError says that there is no such resource of those that another one names.
type MissingError struct {
	// Kind is what it would be, in words, ID how it is named.
	Kind, ID string
}

// Error implements error.
func (e *MissingError) Error() string { return fmt.Sprintf("there is no %s %q", e.Kind, e.ID) }

// InUseError says why a resource cannot be removed.
type InUseError struct {
	// ID is that of the resource, By what needs it, in words.
	ID, By string
}

// Error implements error.
func (e *InUseError) Error() string { return "the resource is in use: " + e.By }
