package participant

import (
	"net/http"

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

// Socket returns the address of a chat socket for the client that sent a request. reachable is
// false for an address that chatjs will not open: that of another host without TLS.
func (a *Addresses) Socket(r *http.Request, ticket secret.Text) (address string, reachable bool) {
	return a.base(r).socket(ticket)
}

// HTTP returns the address of a path on the server for the client that sent a request.
func (a *Addresses) HTTP(r *http.Request, path string) string { return a.base(r).http(path) }
