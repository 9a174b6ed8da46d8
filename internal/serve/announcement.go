package serve

import (
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/devices"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/guard"
	"github.com/parley-chat/parley/internal/pagescript"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/server"
)

// Announcement describes a server that is ready, for a person and for scripts. Texts are empty
// where there is nothing to announce.
type Announcement struct {
	// URL is the address to call, without a slash at the end; Endpoint is where chats are
	// started; Console is the first page.
	URL, Endpoint, Console string
	// Listen is the configured host with the port that the server really got.
	Listen string
	// Moved says why the port is another than the usual one, and where chats are kept for that.
	Moved string
	// Upstream describes in one line what answers.
	Upstream string
	// Flows says in one line which contact flows run.
	Flows string
	// AdminToken is zero unless the server neither was given a token nor keeps one.
	AdminToken secret.Text
	// Devices is the server as other devices reach it; Exposure warns that they do.
	Devices  devices.Server
	Exposure string
	// PublicOrigins are named origins of public addresses, whose pages browsers keep from a loopback
	// address; PublicHelp is the page that tells the ways out.
	PublicOrigins []string
	PublicHelp    string
	// PageTag is the element that lets a page's chat client chat here.
	PageTag string
	// Trust tells how devices come to trust the server's own certificate authority.
	Trust string
}

// announce reports that requests can be sent.
func (s *Server) announce() {
	if s.config.OnReady == nil {
		return
	}
	set := s.config.Settings
	a := Announcement{
		URL: s.site.url, Endpoint: s.site.endpoint(), Listen: s.site.listen, Moved: s.moved, Upstream: s.upstream.text,
		Devices: s.devices(), Exposure: server.Exposure(s.site.bound),
	}
	if !set.ForCustomers() {
		a.Console = s.site.url + "/"
	}
	if set.Ephemeral && set.AdminToken.IsZero() && s.upstream.embedded != nil {
		a.AdminToken = s.observers.token
	}
	if s.upstream.flows != nil {
		a.Flows = s.upstream.flows.text()
	}
	if s.upstream.clients != nil {
		a.PageTag = pagescript.Tag(s.site.url)
	}
	if a.PublicOrigins = s.keptAway(); len(a.PublicOrigins) > 0 {
		a.PublicHelp = s.site.url + errorsPage + "#" + string(diagnosis.LocalNetwork)
	}
	if s.private.authority != nil {
		address := s.site.url // localhost, which means something else on a phone
		if remote, ok := devices.Remote(devices.Addresses(a.Devices)); ok && !s.site.public {
			address = remote
		}
		a.Trust = s.private.authority.Text(address)
	}
	s.config.OnReady(a)
}

// keptAway returns the named origins whose pages do not reach the server, however it answers: those
// of public addresses, when nothing but this machine can call it.
func (s *Server) keptAway() []string {
	set := s.config.Settings
	if !set.Loopback() || s.site.public {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(set.AllowOrigins), func(origin string) bool { return !guard.IsPublic(origin) })
}

// docs is the page that explains errors; a server for customers has none.
func (s *Server) docs() string {
	if s.config.Settings.ForCustomers() {
		return ""
	}
	return s.site.docs()
}

// devices returns where the server listens, for other devices.
func (s *Server) devices() devices.Server {
	set := s.config.Settings
	return devices.Server{Bound: s.site.bound, TLS: set.Secure(), Public: strings.TrimRight(set.PublicURL, "/")}
}
