package serve

import (
	"cmp"
	"net"
	"net/url"
	"strings"

	"github.com/parley-chat/parley/internal/doorpath"
	"github.com/parley-chat/parley/internal/server"
	"github.com/parley-chat/parley/internal/settings"
)

// site holds the addresses of a running server.
type site struct {
	// listen is the address it listens on, with the port it really got.
	listen string
	// bound is the socket's own address.
	bound net.Addr
	// public says that url was configured.
	public bool
	// url is the address to give to people and pages, without a slash at the end.
	url string
}

func newSite(s *settings.Settings, bound net.Addr) site {
	host, _, _ := net.SplitHostPort(s.Addr) // checked by package settings
	_, port, err := net.SplitHostPort(bound.String())
	if err != nil {
		port = "0" // a listener that is no TCP port, in tests
	}
	own := server.URL(bound)
	if s.Secure() {
		own = "https" + strings.TrimPrefix(own, "http")
	}
	return site{
		bound:  bound,
		public: s.PublicURL != "",
		listen: net.JoinHostPort(host, port),
		url:    cmp.Or(strings.TrimRight(s.PublicURL, "/"), own),
	}
}

func (s site) endpoint() string { return s.url + doorpath.Main }

// path is the path of a configured address, without a slash at the end: where a proxy in front
// puts the server among others. It is empty for most.
func (s site) path() string {
	u, err := url.Parse(s.url)
	if err != nil || !s.public {
		return ""
	}
	return strings.TrimRight(u.EscapedPath(), "/")
}

// docs is the page that explains errors: a path on the host that a client calls, or an address
// when one is configured.
func (s site) docs() string { return s.at(errorsPage) }

// at is where clients find a path of this server: that path on the host they call, or an address when
// one is configured.
func (s site) at(path string) string {
	if s.public {
		return s.url + path
	}
	return path
}

const errorsPage = "/docs/errors"
