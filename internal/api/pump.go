package api

import (
	"context"
	"sync"

	"github.com/parley-chat/parley/internal/inspect"
)

// pump tells events of exchanges as long as somebody listens to them: reading what was
// recorded costs something.
type pump struct {
	exchanges *inspect.Recorder
	events    *Events

	mu        sync.Mutex
	listeners int
	stop      context.CancelFunc
	begun     bool
	told      uint64 // the sequence number of the last exchange that was told or skipped
}

// mostMissed is how many exchanges that nobody has listened to are told to those who come back.
const mostMissed = 1000

// start begins to tell for one more listener, until stop is called. It comes before the
// listener: what was recorded before becomes events of the past, which those who come back are
// given, and others are not.
func (p *pump) start() (stop func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listeners == 0 {
		p.skip()
	}
	p.catchUp()
	if p.listeners++; p.listeners == 1 {
		ctx, cancel := context.WithCancel(context.Background())
		p.stop = cancel
		go p.run(ctx, p.told) // ends with the last listener
	}
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.listeners--; p.listeners == 0 {
			p.stop()
		}
	})
}

// skip leaves out what was recorded since somebody listened last, if it is too much. All who
// have listened begin anew then.
func (p *pump) skip() {
	missed, _ := p.exchanges.List(inspect.Query{After: p.told, Limit: mostMissed + 1})
	if p.begun && len(missed) <= mostMissed {
		return
	}
	_, p.told = p.exchanges.List(inspect.Query{Limit: 1})
	p.begun = true
	p.events.forget(eventExchange)
	p.events.forget(eventFlow)
}

// catchUp tells what was recorded up to now.
func (p *pump) catchUp() {
	missed, last := p.exchanges.List(inspect.Query{After: p.told})
	for i := range missed {
		p.events.exchange(&missed[i])
	}
	p.told = last
}

// run tells what is recorded from now on, until the context ends.
func (p *pump) run(ctx context.Context, after uint64) {
	for x := range p.exchanges.Watch(ctx, after) {
		p.mu.Lock()
		if x.Seq > p.told { // else another run has told it
			p.told = x.Seq
			p.events.exchange(&x)
		}
		p.mu.Unlock()
	}
}
