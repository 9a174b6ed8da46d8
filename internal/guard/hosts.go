package guard

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/parley-chat/parley/internal/loopback"
)

// emulatorHost is how an Android emulator calls the machine it runs on.
//
// Source: https://developer.android.com/studio/run/emulator-networking
const emulatorHost = "10.0.2.2"

// hostRules are the names the server answers for. Ports are not compared: they
// change on the way (adb reverse, published container ports, ssh -L), and an
// attacker who rebinds a name can choose the port but not the name.
type hostRules struct {
	any   bool
	named map[string]bool
	// beyond is set when the server listens on more than loopback.
	beyond bool
}

// newHostRules reads which hosts are this server's: the configured names, and that of the address it listens
// on. The errors are all of those in the names.
func newHostRules(names []string, listen string) (hostRules, error) {
	rules := hostRules{named: map[string]bool{emulatorHost: true}}
	var faults []error
	for _, name := range names {
		if name == "*" {
			rules.any = true
			continue
		}
		host, reason := checkHostName(name)
		if reason != "" {
			faults = append(faults, &ConfigError{"AllowHosts", name, reason})
			continue
		}
		rules.named[host] = true
	}
	if listen == "" {
		return rules, errors.Join(faults...)
	}
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		faults = append(faults, &ConfigError{"Listen", listen, "must be HOST:PORT, e.g. 127.0.0.1:3000"})
		return rules, errors.Join(faults...)
	}
	host = strings.ToLower(host)
	addr, err := netip.ParseAddr(host)
	switch {
	case host == "" || err == nil && addr.IsUnspecified():
		rules.beyond = true
	case loopback.Host(host), isLocalhost(host):
	case err == nil:
		rules.beyond = true
		rules.named[addr.Unmap().WithZone("").String()] = true
	default:
		rules.beyond = true
		rules.named[host] = true
	}
	return rules, errors.Join(faults...)
}

// checkHostName returns an AllowHosts entry in the form it is compared in, or what
// is wrong with it.
func checkHostName(name string) (host, reason string) {
	host = strings.ToLower(name)
	if addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")); err == nil {
		if addr.Zone() != "" {
			return "", "leave the zone out; clients do not send it"
		}
		return addr.Unmap().String(), ""
	}
	switch {
	case host == "":
		return "", "is empty"
	case strings.Contains(host, "://"):
		return "", "write the host name alone, without a scheme"
	case strings.Contains(host, "*"):
		return "", "patterns are not supported; name each host (or * alone, behind a load balancer only)"
	case strings.Contains(host, ":"):
		return "", "leave the port out; it is not compared"
	case !isName(host):
		return "", "is not a host name (letters, digits, - and _, separated by dots; international names in their xn-- form)"
	}
	return host, ""
}

// allow reports whether the server answers for the host of the request. For a
// request line in absolute form that is the host in the line (RFC 9112, section
// 3.2.2), as net/http hands it over.
func (h *hostRules) allow(r *http.Request) bool {
	host, ok := splitHost(r.Host)
	if !ok {
		return false
	}
	if host == "localhost" || host == "127.0.0.1" || h.any {
		return true
	}
	if h.named[strings.ToLower(host)] || isLocalhost(host) {
		return true
	}
	addr, ok := parseLiteral(host)
	if !ok {
		return false
	}
	return addr.IsLoopback() || h.named[addr.String()] || h.beyond && addr == localAddr(r)
}

// localAddr returns the address the request's connection arrived at. It is one of
// the machine's own, and a client that put it into the Host header used no name that
// could have been rebound.
func localAddr(r *http.Request) netip.Addr {
	tcp, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return tcp.AddrPort().Addr().Unmap().WithZone("")
}

// splitHost takes the port off a Host header or an origin's authority. Brackets
// stay on an IPv6 address. ok is false for anything that is not host[:port].
func splitHost(authority string) (host string, ok bool) {
	host = authority
	end := strings.IndexByte(authority, ':')
	if strings.HasPrefix(authority, "[") {
		end = strings.IndexByte(authority, ']') + 1
		if end == 0 {
			return "", false
		}
		if end == len(authority) {
			end = -1
		}
	}
	if end >= 0 {
		port := authority[end:]
		host = authority[:end]
		if len(port) < 2 || len(port) > 6 || port[0] != ':' {
			return "", false
		}
		for _, c := range []byte(port[1:]) {
			if c < '0' || c > '9' {
				return "", false
			}
		}
	}
	for _, c := range []byte(host) {
		// Beyond ASCII, letters exist that fold to ASCII ones (U+212A to k, U+017F to s).
		if c <= ' ' || c > '~' {
			return "", false
		}
	}
	return host, host != ""
}

// parseLiteral reads a host that is an IP address: dotted decimal, or IPv6 in
// brackets. Zones are refused: no client sends one in a Host header.
func parseLiteral(host string) (netip.Addr, bool) {
	bracketed := strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]")
	if bracketed {
		host = host[1 : len(host)-1]
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Zone() != "" || addr.Is6() != bracketed {
		return netip.Addr{}, false
	}
	return addr.Unmap(), true
}

// isLocalhost reports whether host is localhost or a name under it. The domain is
// reserved for loopback (RFC 6761, section 6.3), so nobody can rebind it.
func isLocalhost(host string) bool {
	return loopback.Name(host) && isName(host)
}

// isName reports whether host looks like a DNS name.
func isName(host string) bool {
	if len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for _, c := range []byte(label) {
			letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
			if !letter && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}
