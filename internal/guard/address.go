package guard

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ClientAddr returns the address a request came from, as text without port and zone. It is
// the other end of the connection unless trusted is above zero: then it is the entry of
// X-Forwarded-For that stands trusted places from the right.
//
// Every proxy appends the address that it was called from, so that entries are to be believed
// from the right, and only as many as proxies of one's own have written. What stands left of
// those was written by the caller. Whoever takes the leftmost entry lets every request carry
// an address of its own choice: a script that sends "X-Forwarded-For: <random>" is then a new
// client each time, has no limit, and can spend that of others by naming their addresses. The
// same happens when trusted counts more proxies than there are, or when the server can be
// reached past them; so the number must be exact, and the port must be closed to everybody
// but the proxies.
//
// A header with fewer entries, or with something else than an address in that place, cannot
// have come all the way through those proxies; the other end of the connection counts then.
// The result is "" when that is nobody (0.0.0.0), as in Lambda behind a load balancer that
// was told not to name the client: callers must not be taken for one another then.
//
// RFC 7239's Forwarded is not read: load balancers do not clear it.
func ClientAddr(r *http.Request, trusted int) string {
	switch addr := clientAddr(r, trusted); {
	case !addr.IsValid():
		return r.RemoteAddr
	case addr.IsUnspecified():
		return ""
	default:
		return addr.String()
	}
}

func clientAddr(r *http.Request, trusted int) netip.Addr {
	if trusted > 0 {
		if addr := parseAddr(entryFromRight(r.Header["X-Forwarded-For"], trusted)); addr.IsValid() {
			return addr
		}
	}
	return parseAddr(r.RemoteAddr)
}

// entryFromRight returns the n-th entry, counted from the right and from 1, of a list that
// may be spread over several headers; "" when there are fewer. Empty entries count: left out,
// they would let entries of the caller's move to the right.
func entryFromRight(headers []string, n int) string {
	for _, rest := range slices.Backward(headers) {
		more := true
		for more {
			var entry string
			if comma := strings.LastIndexByte(rest, ','); comma >= 0 {
				rest, entry = rest[:comma], rest[comma+1:]
			} else {
				entry, more = rest, false
			}
			if n--; n == 0 {
				return strings.Trim(entry, " \t")
			}
		}
	}
	return ""
}

// parseAddr reads an address with or without a port, which some proxies append. The zero
// address stands for anything else.
func parseAddr(text string) netip.Addr {
	if both, err := netip.ParseAddrPort(text); err == nil {
		return both.Addr().Unmap().WithZone("")
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

// addressKey is what requests of an address are counted under. Of IPv6 it is the first 64
// bits: a subscriber gets at least that much, and all the rest is the subscriber's choice
// (RFC 6177; RFC 4291, section 2.5.1). What has no address is counted together.
func addressKey(addr netip.Addr) [16]byte {
	if !addr.IsValid() {
		return [16]byte{}
	}
	key := addr.As16()
	if addr.Is6() {
		clear(key[8:])
	}
	return key
}
