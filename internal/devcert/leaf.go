package devcert

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// leafLife is the longest that Apple's systems accept from authorities of the public;
	// shorter than what they accept from a user's own, and enough.
	//
	// Source: https://support.apple.com/102028
	leafLife = 397 * 24 * time.Hour
	// renewBefore is how long before its end a certificate is replaced.
	renewBefore = 30 * 24 * time.Hour
)

// Subjects is whom a server's certificate is for.
type Subjects struct {
	// Names are host names beside localhost: this machine's own with and without .local.
	// Those that the authority may not vouch for are left out.
	Names []string
	// Interfaces returns this machine's addresses; nil asks the system. Addresses beyond
	// private networks are left out.
	Interfaces func() ([]net.Addr, error)
}

// androidHost is the name of the developer's machine inside an Android emulator.
//
// Source: https://developer.android.com/studio/run/emulator-networking
const androidHost = "10.0.2.2"

// Server returns the configuration of a TLS server whose certificate is made now, kept in
// memory, replaced in time, and replaced when a connection arrives at an address that this
// machine got later. The protocol is HTTP/1.1: chat sockets cannot be opened over HTTP/2.
func (a *Authority) Server(subjects Subjects) (*tls.Config, error) {
	if subjects.Interfaces == nil {
		subjects.Interfaces = net.InterfaceAddrs
	}
	issuer := &issuer{authority: a, subjects: subjects}
	if _, err := issuer.current(netip.Addr{}); err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			var arrived netip.Addr
			if hello.Conn != nil {
				if tcp, ok := hello.Conn.LocalAddr().(*net.TCPAddr); ok {
					arrived = tcp.AddrPort().Addr().Unmap().WithZone("")
				}
			}
			return issuer.current(arrived)
		},
	}, nil
}

// issuer keeps a server's certificate current.
type issuer struct {
	authority *Authority
	subjects  Subjects

	mu      sync.Mutex
	cert    *tls.Certificate
	arrived []netip.Addr // addresses that connections arrived at and no interface had
}

// mostArrived bounds how many addresses are remembered beside those of the interfaces.
const mostArrived = 16

// current returns a certificate that is valid for long enough and, if the authority may,
// names the address a connection arrived at.
func (i *issuer) current(arrived netip.Addr) (*tls.Certificate, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	unnamed := i.authority.mayNameIP(arrived) && (i.cert == nil || !hasIP(i.cert.Leaf.IPAddresses, arrived))
	if i.cert != nil && !unnamed && !i.endsSoon() {
		return i.cert, nil
	}
	if unnamed {
		i.arrived = append(i.arrived, arrived)
		i.arrived = i.arrived[max(0, len(i.arrived)-mostArrived):]
	}
	cert, err := i.authority.issue(i.names(), i.addresses())
	if err != nil {
		return nil, err
	}
	i.cert = cert
	return cert, nil
}

// endsSoon reports whether it is time for a new certificate, as far as one could last longer.
func (i *issuer) endsSoon() bool {
	end := i.cert.Leaf.NotAfter
	return time.Until(end) <= renewBefore && end.Before(i.authority.cert.NotAfter)
}

func (i *issuer) names() []string {
	names := []string{"localhost"}
	for _, name := range i.subjects.Names {
		name = strings.ToLower(strings.TrimSuffix(name, "."))
		if isName(name) && i.authority.mayName(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func (i *issuer) addresses() []net.IP {
	var list []net.IP
	add := func(addr netip.Addr) {
		if addr = addr.Unmap().WithZone(""); i.authority.mayNameIP(addr) && !hasIP(list, addr) {
			list = append(list, addr.AsSlice())
		}
	}
	add(netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	add(netip.IPv6Loopback())
	add(netip.MustParseAddr(androidHost))
	for _, addr := range i.arrived {
		add(addr)
	}
	interfaces, err := i.subjects.Interfaces()
	if err != nil { // the address a connection arrives at is added when it does
		return list
	}
	for _, each := range interfaces {
		if network, ok := each.(*net.IPNet); ok {
			if addr, ok := netip.AddrFromSlice(network.IP); ok {
				add(addr)
			}
		}
	}
	return list
}

// issue makes a certificate with a key of its own.
func (a *Authority) issue(names []string, addresses []net.IP) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	end := now.Add(leafLife - backdate)
	if end.After(a.cert.NotAfter) {
		end = a.cert.NotAfter
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Parley", Organization: []string{"Parley"}},
		NotBefore: now.Add(-backdate), NotAfter: end,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, DNSNames: names, IPAddresses: addresses,
	}, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("making a certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("reading the certificate just made: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key, Leaf: leaf}, nil
}

// mayName reports whether the authority may vouch for a name.
func (a *Authority) mayName(name string) bool {
	return slices.ContainsFunc(a.cert.PermittedDNSDomains, func(domain string) bool {
		return name == domain || strings.HasSuffix(name, "."+domain)
	})
}

// mayNameIP reports whether the authority may vouch for an address.
func (a *Authority) mayNameIP(addr netip.Addr) bool {
	return addr.IsValid() && slices.ContainsFunc(a.cert.PermittedIPRanges, func(network *net.IPNet) bool {
		return network.Contains(addr.AsSlice())
	})
}

func hasIP(list []net.IP, addr netip.Addr) bool {
	return slices.ContainsFunc(list, func(ip net.IP) bool { return ip.Equal(addr.AsSlice()) })
}

// isName reports whether a text can be a host name in a certificate.
func isName(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return true
}
