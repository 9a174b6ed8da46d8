package startchat

import "sync"

// once remembers what the log has named, so that each is named one time. Callers choose the
// names, so it remembers a bounded number and is silent afterwards. The zero value is ready
// and safe for concurrent use.
type once struct {
	mu   sync.Mutex
	seen map[string]bool
}

// first reports whether a name has not been met before.
func (o *once) first(name string) bool {
	const most = 100
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.seen[name] || len(o.seen) >= most {
		return false
	}
	if o.seen == nil {
		o.seen = make(map[string]bool)
	}
	o.seen[name] = true
	return true
}
