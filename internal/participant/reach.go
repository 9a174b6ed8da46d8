package participant

import (
	"net/http"
	"strings"

	"github.com/parley-chat/parley/internal/secret"
)

// Addresses says where a server's clients reach it, for what stands in for a [Service] and
// serves the same paths. It does not change and is safe for concurrent use.
type Addresses struct{ public *base }

// NewAddresses returns the addresses of a server. publicURL is as in [Config].
func NewAddresses(publicURL string) (*Addresses, error) {
	public, err := publicBase(publicURL)
	if err != nil {
		return nil, err
	}
	return &Addresses{public}, nil
}

func (a *Addresses) base(r *http.Request) base { return (&Service{public: a.public}).baseOf(r) }

// Socket returns the address of a chat socket for the client that sent a request. For an address
// that chatjs will not open, that of another host without TLS, hint says what to do.
func (a *Addresses) Socket(r *http.Request, ticket secret.Text) (address, hint string) {
	address, reachable := a.base(r).socket(ticket)
	if !reachable {
		hint = unreachableHint(r)
	}
	return address, hint
}

// HTTP returns the address of a path on the server for the client that sent a request.
func (a *Addresses) HTTP(r *http.Request, path string) string { return a.base(r).http(path) }

// unreachableHint says what opens the way to a socket that chatjs does not open. The header is
// believed for nothing else: anybody can send it.
func unreachableHint(r *http.Request) string {
	scheme, _, _ := strings.Cut(r.Header.Get("X-Forwarded-Proto"), ",")
	if strings.EqualFold(strings.TrimSpace(scheme), "https") {
		return "TLS ends at a proxy in front: start with --public-url and the address that browsers call (docs/proxies.md)"
	}
	return "use TLS, or reach the server as 127.0.0.1 (on an Android device: adb reverse)"
}
