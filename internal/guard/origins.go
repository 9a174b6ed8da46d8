package guard

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// nullOrigin is what browsers send for pages that have no origin of their own.
const nullOrigin = "null"

// originRules are the origins whose pages may call.
type originRules struct {
	named map[string]bool
	// only is set when nothing is allowed by default.
	only bool
	// network is set when pages of private-network addresses are allowed by default.
	network bool
}

func newOriginRules(origins []string, only, network bool) (originRules, error) {
	rules := originRules{named: make(map[string]bool, len(origins)), only: only, network: network}
	var faults []error
	for _, value := range origins {
		origin, reason := CheckOrigin(value)
		if reason != "" {
			faults = append(faults, &ConfigError{"AllowOrigins", value, reason})
			continue
		}
		rules.named[origin] = true
	}
	return rules, errors.Join(faults...)
}

// CheckOrigin returns an origin that somebody has named as browsers serialise it (lower
// case, no default port; HTML standard, "serialization of an origin"), so that it can be
// compared with an Origin header; or what is wrong with it, in words that follow the value.
func CheckOrigin(value string) (origin, reason string) {
	if value == nullOrigin {
		return value, ""
	}
	u, err := url.Parse(value)
	switch {
	case value == "":
		return "", "is empty"
	case strings.Contains(value, "*"):
		return "", "must not hold *: any page on the internet could then start chats; name each origin, such as https://www.example.com"
	case err != nil || u.Scheme == "" || u.Host == "":
		return "", "is not an origin: write scheme, host and port, such as https://www.example.com or http://192.168.1.20:8080"
	case u.User != nil:
		return "", "must not hold a user name or password"
	case u.Path != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(value, "#"):
		return "", "is not an exact origin: browsers send no path, not even a slash; write " + u.Scheme + "://" + u.Host
	}
	host, ok := splitHost(strings.ToLower(u.Host))
	if !ok {
		return "", "has a port that is not a number"
	}
	if _, literal := parseLiteral(host); !literal && !isName(host) {
		return "", "has a host that is not a name or an address (international names must be in their xn-- form)"
	}
	scheme := strings.ToLower(u.Scheme)
	port := u.Port()
	if port == "" || scheme == "http" && port == "80" || scheme == "https" && port == "443" {
		return scheme + "://" + host, ""
	}
	return scheme + "://" + host + ":" + port, ""
}

// PublicOrigin returns the origin of the pages at an address, as browsers send it, or what is
// wrong with the address, in words that follow it.
func PublicOrigin(address string) (origin, reason string) {
	u, err := url.Parse(address)
	if err != nil {
		return "", "is not an address such as https://chat.example.com"
	}
	return CheckOrigin((&url.URL{Scheme: u.Scheme, User: u.User, Host: u.Host}).String())
}

// open lets the server be called at its public address, by the pages of it too.
func (g *Guard) open(public string) error {
	if public == "" {
		return nil
	}
	origin, reason := PublicOrigin(public)
	if reason != "" {
		return &ConfigError{"PublicURL", public, reason}
	}
	_, authority, _ := strings.Cut(origin, "://")
	host, _ := splitHost(authority) // checked with the origin
	if addr, literal := parseLiteral(host); literal {
		host = addr.String()
	}
	g.hosts.named[host], g.origins.named[origin] = true, true
	return nil
}

// allow reports whether pages of the origin may call.
func (o *originRules) allow(origin string) bool {
	if o.named[origin] {
		return true
	}
	if o.only {
		return false
	}
	near := nearness(origin)
	return near == thisMachine || near == thisNetwork && o.network
}

// distance is how far away the pages of an origin are served, as far as the origin tells for
// certain. The addresses are literals: a name could be made to point there by anybody.
type distance int

const (
	anywhere distance = iota
	// thisNetwork is RFC 1918, fc00::/7 and link-local (169.254/16, fe80::/10).
	thisNetwork
	// thisMachine is loopback. 0.0.0.0 is here because python3 -m http.server prints it as the
	// address to open; the system takes it for this machine.
	thisMachine
)

// nearness returns where the pages of an origin come from.
func nearness(origin string) distance {
	rest, ok := strings.CutPrefix(origin, "http")
	if !ok {
		return anywhere
	}
	rest = strings.TrimPrefix(rest, "s")
	if rest, ok = strings.CutPrefix(rest, "://"); !ok {
		return anywhere
	}
	host, ok := splitHost(rest)
	if !ok {
		return anywhere
	}
	if host == "127.0.0.1" || isLocalhost(host) {
		return thisMachine
	}
	addr, ok := parseLiteral(host)
	if !ok {
		return anywhere
	}
	return addrNearness(addr)
}

func addrNearness(addr netip.Addr) distance {
	switch {
	case addr.IsLoopback() || addr == netip.IPv4Unspecified():
		return thisMachine
	case addr.IsPrivate() || addr.IsLinkLocalUnicast():
		return thisNetwork
	}
	return anywhere
}

// IsPublic reports whether pages of an origin come from a public address, as far as the origin
// tells. A name may stand for any address: those of private networks have domains of their own
// (RFC 6761, 6762 and 8375, and ICANN's internal), or no dot at all.
func IsPublic(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || nearness(origin) != anywhere {
		return false
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if addr, err := netip.ParseAddr(host); err == nil {
		return addrNearness(addr.Unmap()) == anywhere
	}
	for _, domain := range []string{".test", ".local", ".home.arpa", ".internal"} {
		if strings.HasSuffix(host, domain) {
			return false
		}
	}
	return strings.Contains(host, ".")
}
