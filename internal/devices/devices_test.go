package devices_test

import (
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"rsc.io/qr"

	"github.com/parley-chat/parley/internal/devices"
)

func interfaces() ([]net.Addr, error) {
	var list []net.Addr
	for _, text := range []string{"127.0.0.1/8", "2001:db8::9/64", "fe80::1/64", "203.0.113.9/24", "192.168.7.9/24"} {
		ip, network, err := net.ParseCIDR(text)
		if err != nil {
			return nil, err
		}
		list = append(list, &net.IPNet{IP: ip, Mask: network.Mask})
	}
	return list, nil
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	const (
		trust   = "make the device trust the server's certificate"
		needTLS = "start with --tls: chat clients in web pages open an unencrypted socket to 127.0.0.1 only"
		needLAN = "start with --addr 0.0.0.0:3000 --tls: the server listens on this machine's own loopback address"
		browser = "Browser on this machine"
		sim     = "iOS simulator"
		android = "Android emulator, or Android phone on a cable"
		phone   = "Phone or other machine"
	)
	for name, test := range map[string]struct {
		listen string
		tls    bool
		public string
		want   []devices.Address
	}{
		"loopback": {listen: "127.0.0.1", want: []devices.Address{
			{Device: browser, URL: "http://localhost:3000"},
			{Device: sim, URL: "http://localhost:3000"},
			{Device: android, URL: "http://127.0.0.1:3000", Before: "adb reverse tcp:3000 tcp:3000"},
			{Device: phone, Before: needLAN},
		}},
		"loopback with TLS": {listen: "127.0.0.1", tls: true, want: []devices.Address{
			{Device: browser, URL: "https://localhost:3000", Before: trust},
			{Device: sim, URL: "https://localhost:3000", Before: trust},
			{Device: "Android emulator", URL: "https://10.0.2.2:3000", Before: trust},
			{Device: phone, Before: needLAN},
		}},
		"everywhere": {listen: "0.0.0.0", want: []devices.Address{
			{Device: browser, URL: "http://localhost:3000"},
			{Device: sim, URL: "http://localhost:3000"},
			{Device: android, URL: "http://127.0.0.1:3000", Before: "adb reverse tcp:3000 tcp:3000"},
			{Device: phone, URL: "http://192.168.7.9:3000", Before: needTLS, Remote: true},
			{Device: phone, URL: "http://[2001:db8::9]:3000", Before: needTLS, Remote: true},
			{Device: phone, URL: "http://203.0.113.9:3000", Before: needTLS, Remote: true},
		}},
		"everywhere with TLS": {listen: "::", tls: true, public: "https://chat.example.com", want: []devices.Address{
			{Device: browser, URL: "https://localhost:3000", Before: trust},
			{Device: sim, URL: "https://localhost:3000", Before: trust},
			{Device: "Android emulator", URL: "https://10.0.2.2:3000", Before: trust},
			{Device: phone, URL: "https://192.168.7.9:3000", Before: trust, Remote: true},
			{Device: phone, URL: "https://[2001:db8::9]:3000", Before: trust, Remote: true},
			{Device: phone, URL: "https://203.0.113.9:3000", Before: trust, Remote: true},
			{Device: "Any device", URL: "https://chat.example.com", Remote: true},
		}},
		"C1 everywhere, TLS in front": {listen: "0.0.0.0", public: "https://chat.example.com", want: []devices.Address{
			{Device: browser, URL: "http://localhost:3000"},
			{Device: sim, URL: "http://localhost:3000"},
			{Device: android, URL: "http://127.0.0.1:3000", Before: "adb reverse tcp:3000 tcp:3000"},
			{Device: phone, URL: "http://192.168.7.9:3000", Remote: true},
			{Device: phone, URL: "http://[2001:db8::9]:3000", Remote: true},
			{Device: phone, URL: "http://203.0.113.9:3000", Remote: true},
			{Device: "Any device", URL: "https://chat.example.com", Remote: true},
		}},
		"C1 loopback, TLS in front": {listen: "127.0.0.1", public: "https://chat.example.com", want: []devices.Address{
			{Device: browser, URL: "http://localhost:3000"},
			{Device: sim, URL: "http://localhost:3000"},
			{Device: android, URL: "http://127.0.0.1:3000", Before: "adb reverse tcp:3000 tcp:3000"},
			{Device: "Any device", URL: "https://chat.example.com", Remote: true},
		}},
		"one address": {listen: "192.168.7.9", tls: true, want: []devices.Address{
			{Device: browser, URL: "https://192.168.7.9:3000", Before: trust},
			{Device: sim, URL: "https://192.168.7.9:3000", Before: trust},
			{Device: phone, URL: "https://192.168.7.9:3000", Before: trust, Remote: true},
		}},
	} {
		got := devices.Addresses(devices.Server{
			Bound: &net.TCPAddr{IP: net.ParseIP(test.listen), Port: 3000}, TLS: test.tls, Public: test.public, Interfaces: interfaces,
		})
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		text := devices.Text(got)
		for _, a := range test.want {
			if !strings.Contains(text, a.Device) || !strings.Contains(text, a.URL) || !strings.Contains(text, a.Before) {
				t.Errorf("%s: the text leaves out %+v", name, a)
			}
		}
	}
}

func TestNetworkURLs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		addr     string
		wildcard bool
	}{
		{"127.0.0.1:3000", false},
		{"127.0.0.2:3000", false},
		{"[::1]:3000", false},
		{"0.0.0.0:3000", true},
		{"[::]:3000", true},
		{":3000", true},
		{"192.168.1.5:80", false},
		{"[fd00::5]:80", false},
	} {
		addr, err := net.ResolveTCPAddr("tcp", test.addr)
		if err != nil {
			t.Fatal(err)
		}
		for secure, scheme := range map[bool]string{false: "http://", true: "https://"} {
			for _, url := range (devices.Server{Bound: addr, TLS: secure}).NetworkURLs() {
				if !test.wildcard || !strings.HasPrefix(url, scheme) || !strings.HasSuffix(url, ":3000") || strings.Contains(url, "127.0.0.1") {
					t.Errorf("NetworkURLs of %s, secure %v, has %q", test.addr, secure, url)
				}
			}
		}
	}
	every := devices.Server{Bound: &net.TCPAddr{IP: net.IPv4zero, Port: 3000}, TLS: true, Interfaces: func() ([]net.Addr, error) {
		return []net.Addr{
			&net.IPNet{IP: net.IPv4(127, 0, 0, 1)}, &net.IPNet{IP: net.ParseIP("fd00::5")}, &net.IPNet{IP: net.IPv4(192, 168, 1, 5)},
		}, nil
	}}
	want := []string{"https://192.168.1.5:3000", "https://[fd00::5]:3000"}
	if got := every.NetworkURLs(); !slices.Equal(got, want) {
		t.Errorf("NetworkURLs = %q, want %q", got, want)
	}
}

func TestRemote(t *testing.T) {
	t.Parallel()
	everywhere := devices.Server{Bound: &net.TCPAddr{Port: 3000}, TLS: true, Interfaces: interfaces}
	if url, ok := devices.Remote(devices.Addresses(everywhere)); !ok || url != "https://192.168.7.9:3000" {
		t.Errorf("got %q", url)
	}
	everywhere.Interfaces = func() ([]net.Addr, error) { return nil, errors.New("none of your business") }
	if url, ok := devices.Remote(devices.Addresses(everywhere)); ok {
		t.Errorf("got %q without interfaces", url)
	}
	if list := devices.Addresses(devices.Server{Bound: &net.UnixAddr{}}); len(list) == 0 {
		t.Error("a socket of another kind has no addresses at all")
	}
}

// The drawing is read back module by module.
func TestQR(t *testing.T) {
	t.Parallel()
	const text = "https://192.168.7.9:3000/"
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	for _, color := range []bool{false, true} {
		drawn, err := devices.QR(text, color)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(drawn, "\n"), "\n")
		if len(lines) != (code.Size+8+1)/2 {
			t.Fatalf("%d lines for %d modules", len(lines), code.Size)
		}
		for i, line := range lines {
			if color != strings.HasPrefix(line, "\x1b[97;40m") || color != strings.HasSuffix(line, "\x1b[0m") {
				t.Fatalf("line %q", line)
			}
			line = strings.TrimSuffix(strings.TrimPrefix(line, "\x1b[97;40m"), "\x1b[0m")
			if width := utf8.RuneCountInString(line); width != code.Size+8 {
				t.Fatalf("line %d is %d wide", i, width)
			}
			x := -4
			for _, r := range line {
				y := 2*i - 4
				if light := r == '█' || r == '▀'; light == code.Black(x, y) {
					t.Errorf("the module at %d,%d is wrong", x, y)
				}
				if light := r == '█' || r == '▄'; y+1 < code.Size+4 && light == code.Black(x, y+1) {
					t.Errorf("the module at %d,%d is wrong", x, y+1)
				}
				x++
			}
		}
	}
	if _, err := devices.QR(strings.Repeat("x", 10_000), false); err == nil {
		t.Error("a text that does not fit was drawn")
	}
}
