// Package strict is the embedded Amazon Connect's second nature: the rates, quotas and short
// lives that AWS documents, and the freedoms it takes, so that a client which only works in
// good weather is found out before production.
//
// A nil [*Rules] is the lenient default: it allows everything and takes no freedom, so
// callers need no switch of their own. The package knows no wire format: what a refused call
// answers is its caller's business. [Rules] are safe for concurrent use.
package strict

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// Config is what [Rules] are made of. The zero value is AWS's documented defaults.
type Config struct {
	// Seed makes the freedoms repeatable: the same calls in the same order meet the same.
	Seed uint64
	// Now is the time that rates are measured in; nil means [time.Now].
	Now func() time.Time
	// Rates replace the documented ones, by the names of actions, those of the Participant
	// Service as "participant:SendMessage"; nil replaces none.
	Rates map[string]Rate
	// ActiveContacts is how many chats may be active at once; zero means 500.
	ActiveContacts int
}

// Rules are the strict behaviour of one embedded Amazon Connect.
type Rules struct {
	now            func() time.Time
	rates          map[string]Rate
	activeContacts int

	mu      sync.Mutex
	buckets map[string]*bucket
	// Each freedom has random numbers of its own, so that how often one is asked for does
	// not change what another does.
	late, twice, extra, swap *rand.Rand
}

// New returns strict rules.
func New(cfg Config) *Rules {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.ActiveContacts == 0 {
		cfg.ActiveContacts = 500
	}
	stream := func(n uint64) *rand.Rand {
		return rand.New(rand.NewPCG(cfg.Seed, n)) //nolint:gosec // repeatable on purpose, and no secret
	}
	return &Rules{
		now: cfg.Now, rates: cfg.Rates, activeContacts: cfg.ActiveContacts, buckets: map[string]*bucket{},
		late: stream(1), twice: stream(2), extra: stream(3), swap: stream(4),
	}
}

// Enabled reports whether there are strict rules at all: unknown ids are errors then.
func (r *Rules) Enabled() bool { return r != nil }

// Limits returns the bounds of chats under these rules: the quota of active contacts, and
// lives short enough for a test to see their end. Clients must take whatever life they are
// told; chatjs renews its token a minute before the end, so the life is longer than that.
func (r *Rules) Limits(limits chat.Limits) chat.Limits {
	if r == nil {
		return limits
	}
	limits.ActiveContacts = r.activeContacts
	limits.ConnectionLife = 5 * time.Minute
	limits.SocketLife = 10 * time.Minute
	limits.UploadLife = time.Minute
	return limits
}
