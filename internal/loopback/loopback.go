// Package loopback tells whether a host, as it stands in an address or a Host header without
// port and brackets, means the machine it is used on.
//
// The package resolves no names. It is safe for concurrent use.
package loopback

import (
	"net/netip"
	"strings"
)

// top is the domain that is reserved for loopback (RFC 6761, section 6.3).
const top = "localhost"

// Host reports whether a host reaches this machine for certain: localhost by that name, or a
// loopback address, also one of IPv4 mapped into IPv6. A name under localhost is not certain,
// because Go's resolver asks DNS for it: secrets must not follow one.
func Host(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || strings.EqualFold(strings.TrimSuffix(host, "."), top)
}

// Name reports whether a host name is localhost or under it. Browsers take these names for the
// machine they run on, so no other server can have one.
func Name(host string) bool {
	host = strings.TrimSuffix(host, ".")
	rest := len(host) - len(top)
	return rest >= 0 && strings.EqualFold(host[rest:], top) && (rest == 0 || host[rest-1] == '.')
}
