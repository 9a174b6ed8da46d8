// Package devices says how browsers, simulators, emulators and phones reach a server on a
// developer's machine, in words and as a picture to scan.
//
// It owns the differences between them: what localhost means inside a device, and that the
// chat clients in use open an unencrypted socket to 127.0.0.1 only. It opens no connection.
package devices

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Server is where a server listens.
type Server struct {
	// Bound is the listening socket's address.
	Bound net.Addr
	// TLS says that it speaks TLS.
	TLS bool
	// Public is the address it was given by its operator, without a slash at the end; empty
	// when there is none.
	Public string
	// Interfaces returns this machine's addresses; nil asks the system.
	Interfaces func() ([]net.Addr, error)
}

// Address is how one kind of device reaches the server.
type Address struct {
	// Device is its name, as in "iOS simulator".
	Device string
	// URL is the address to use there, without a slash at the end; empty when there is none.
	URL string
	// Before is what has to be done first: a command or a sentence. Empty means nothing.
	Before string
	// Remote says that the device is another machine, so that its URL is worth showing as a
	// QR code.
	Remote bool
}

// androidHost is this machine's loopback address inside an Android emulator.
//
// Source: https://developer.android.com/studio/run/emulator-networking
const androidHost = "10.0.2.2"

// Addresses lists the devices that a developer of chat clients has, and the address for each.
func Addresses(s Server) []Address {
	bound := addrPort(s.Bound)
	port := strconv.Itoa(int(bound.Port()))
	at := func(host string) string { return scheme(s.TLS) + net.JoinHostPort(host, port) }
	trust := ""
	if s.TLS {
		trust = "make the device trust the server's certificate"
	}
	list := []Address{}
	local := "localhost"
	if ip := bound.Addr(); ip.IsValid() && !ip.IsUnspecified() && ip != netip.AddrFrom4([4]byte{127, 0, 0, 1}) {
		local = ip.String()
	}
	list = append(list,
		Address{Device: "Browser on this machine", URL: at(local), Before: trust},
		Address{Device: "iOS simulator", URL: at(local), Before: trust})
	reverse := "adb reverse tcp:" + port + " tcp:" + port
	switch {
	case local != "localhost": // adb and the emulator reach 127.0.0.1 only
	case s.TLS:
		list = append(list, Address{Device: "Android emulator", URL: at(androidHost), Before: trust})
	default:
		list = append(list, Address{Device: "Android emulator, or Android phone on a cable", URL: at("127.0.0.1"), Before: reverse})
	}
	list = append(list, s.network(at, trust)...)
	if s.Public != "" {
		list = append(list, Address{Device: "Any device", URL: s.Public, Remote: true})
	}
	return list
}

// network is how other machines of the network reach the server.
func (s Server) network(at func(string) string, trust string) []Address {
	const device = "Phone or other machine"
	ip := addrPort(s.Bound).Addr()
	var hosts []string
	switch {
	case ip.IsLoopback() && s.Public != "": // others reach it by that
		return nil
	case ip.IsLoopback():
		return []Address{{Device: device, Before: "start with --addr 0.0.0.0:" + strconv.Itoa(int(addrPort(s.Bound).Port())) +
			" --tls: the server listens on this machine's own loopback address"}}
	case ip.IsValid() && !ip.IsUnspecified():
		hosts = []string{ip.String()}
	default:
		hosts = s.networkHosts()
	}
	before := trust
	if !s.TLS && !strings.HasPrefix(s.Public, "https://") { // clients are told that address for sockets
		before = "start with --tls: chat clients in web pages open an unencrypted socket to 127.0.0.1 only"
	}
	var list []Address
	for _, host := range hosts {
		list = append(list, Address{Device: device, URL: at(host), Before: before, Remote: true})
	}
	return list
}

// NetworkURLs is where other machines find a server that listens on every interface, the
// likeliest first. It is empty for a server that listens on one address.
func (s Server) NetworkURLs() []string {
	bound := addrPort(s.Bound)
	if !bound.Addr().IsValid() || !bound.Addr().IsUnspecified() {
		return nil
	}
	var urls []string
	for _, host := range s.networkHosts() {
		urls = append(urls, scheme(s.TLS)+net.JoinHostPort(host, strconv.Itoa(int(bound.Port()))))
	}
	return urls
}

// networkHosts are this machine's addresses that others in its network know, the likeliest
// first.
func (s Server) networkHosts() []string {
	interfaces := s.Interfaces
	if interfaces == nil {
		interfaces = net.InterfaceAddrs
	}
	all, err := interfaces()
	if err != nil { // a list to look at: the server works without it
		return nil
	}
	var near, far []string
	for _, each := range all {
		network, ok := each.(*net.IPNet)
		if !ok {
			continue
		}
		addr, ok := netip.AddrFromSlice(network.IP)
		addr = addr.Unmap()
		switch {
		case !ok || addr.IsLoopback() || addr.IsLinkLocalUnicast() || addr.IsMulticast():
		case addr.Is4() && addr.IsPrivate():
			near = append(near, addr.String())
		default:
			far = append(far, addr.String())
		}
	}
	return append(near, far...)
}

// Remote returns the first address for other machines, without a slash at the end, and
// whether there is one.
func Remote(list []Address) (string, bool) {
	for _, a := range list {
		if a.Remote {
			return a.URL, true
		}
	}
	return "", false
}

// Text is the list for people to read.
func Text(list []Address) string {
	var b strings.Builder
	for _, a := range list {
		b.WriteString("  " + a.Device + "\n")
		if a.Before != "" {
			b.WriteString("    first: " + a.Before + "\n")
		}
		if a.URL != "" {
			b.WriteString("    " + a.URL + "\n")
		}
	}
	return b.String()
}

func scheme(secure bool) string {
	if secure {
		return "https://"
	}
	return "http://"
}

// addrPort is a TCP address without zone; the zero value for any other kind.
func addrPort(addr net.Addr) netip.AddrPort {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ip := tcp.AddrPort()
	return netip.AddrPortFrom(ip.Addr().Unmap().WithZone(""), ip.Port())
}
