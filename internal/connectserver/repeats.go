package connectserver

import (
	"errors"
	"sync"
)

// remembered is how many results of calls with a client token are kept: retries come within
// seconds.
const remembered = 1024

// repeats gives a repeated call the result of the first one, also while that is still on its
// way. Failed calls are forgotten. The zero value is ready; it is safe for concurrent use.
type repeats[T any] struct {
	mu    sync.Mutex
	calls map[string]*repeatedCall[T]
	order []string
}

type repeatedCall[T any] struct {
	done   chan struct{}
	result T
	err    error
}

// errUnfinished is what those who waited get when the call they waited for panicked.
var errUnfinished = errors.New("the first call with this client token did not finish")

// do returns the result of the first call with a client token about the same thing; without a token it
// is the first one.
func (r *repeats[T]) do(about, token string, f func() (T, error)) (T, error) {
	if token == "" {
		return f()
	}
	key := about + " " + token
	r.mu.Lock()
	if first, ok := r.calls[key]; ok {
		r.mu.Unlock()
		<-first.done
		return first.result, first.err
	}
	call := &repeatedCall[T]{done: make(chan struct{}), err: errUnfinished}
	if r.calls == nil {
		r.calls = map[string]*repeatedCall[T]{}
	}
	r.calls[key] = call
	r.mu.Unlock()

	defer r.finish(key, call)
	call.result, call.err = f()
	return call.result, call.err
}

// finish lets go of those who wait and of what need not be remembered.
func (r *repeats[T]) finish(key string, call *repeatedCall[T]) {
	close(call.done)
	r.mu.Lock()
	defer r.mu.Unlock()
	if call.err != nil {
		delete(r.calls, key)
		return
	}
	r.order = append(r.order, key)
	if len(r.order) > remembered {
		delete(r.calls, r.order[0])
		r.order = append(r.order[:0:0], r.order[1:]...)
	}
}
