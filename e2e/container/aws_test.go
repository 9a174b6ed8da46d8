//go:build linux

package container_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/internal/awsfake"
)

// account is a stand-in for AWS whose next StartChatContact can be held up.
type account struct {
	*awsfake.Endpoint
	hold    atomic.Bool
	held    chan struct{} // gets a value when the held call has arrived
	release chan struct{} // lets it go on
}

// newAccount starts the stand-in on a loopback port, until the test ends. At most one
// configuration is used.
func newAccount(t *testing.T, config ...awsfake.Config) *account {
	t.Helper()
	if len(config) == 0 {
		config = []awsfake.Config{{}}
	}
	a := &account{Endpoint: awsfake.New(config[0]), held: make(chan struct{}, 1), release: make(chan struct{})}
	listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/contact/chat" && a.hold.CompareAndSwap(true, false) {
			a.held <- struct{}{}
			<-a.release
		}
		a.ServeHTTP(w, r)
	}))
	a.URL = listening.URL
	t.Cleanup(func() {
		a.Close()
		listening.CloseClientConnections()
		listening.Close()
	})
	return a
}
