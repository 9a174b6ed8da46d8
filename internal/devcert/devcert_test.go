package devcert_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/devcert"
)

func open(t *testing.T, dir string) *devcert.Authority {
	t.Helper()
	a, err := devcert.Open(dir, "Deskside")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func pool(a *devcert.Authority) *x509.CertPool {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(a.PEM())
	return roots
}

// leaf asks a configuration for its certificate, as a connection to an address would.
func leaf(t *testing.T, config *tls.Config, local string) *x509.Certificate {
	t.Helper()
	hello := &tls.ClientHelloInfo{}
	if local != "" {
		hello.Conn = arrivedAt{local: &net.TCPAddr{IP: net.ParseIP(local), Port: 3000}}
	}
	cert, err := config.GetCertificate(hello)
	if err != nil {
		t.Fatal(err)
	}
	return cert.Leaf
}

type arrivedAt struct {
	net.Conn
	local net.Addr
}

func (c arrivedAt) LocalAddr() net.Addr { return c.local }

func interfaces(addresses ...string) func() ([]net.Addr, error) {
	return func() ([]net.Addr, error) {
		var list []net.Addr
		for _, text := range addresses {
			ip, network, err := net.ParseCIDR(text)
			if err != nil {
				return nil, err
			}
			list = append(list, &net.IPNet{IP: ip, Mask: network.Mask})
		}
		return list, nil
	}
}

func TestServesDevicesThatTrustIt(t *testing.T) {
	t.Parallel()
	authority := open(t, t.TempDir())
	config, err := authority.Server(devcert.Subjects{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(authority.Handler())
	server.Listener = tls.NewListener(server.Listener, config)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.Start()
	t.Cleanup(server.Close)

	get := func(roots *x509.CertPool, url string) (*http.Response, error) {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}}
		defer transport.CloseIdleConnections()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		return transport.RoundTrip(request)
	}
	address := strings.Replace(server.URL, "http:", "https:", 1)
	for _, host := range []string{"127.0.0.1", "localhost"} {
		url := strings.Replace(address, "127.0.0.1", host, 1) + devcert.PublicPath
		answer, err := get(pool(authority), url)
		if err != nil {
			t.Fatalf("%s: %v", host, err)
		}
		body, err := io.ReadAll(answer.Body)
		if err := errors.Join(err, answer.Body.Close()); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(body, authority.PEM()) || answer.Header.Get("Content-Type") != "application/x-x509-ca-cert" ||
			answer.ProtoMajor != 1 {
			t.Errorf("%s: got %s %s %q", host, answer.Proto, answer.Header, body)
		}
	}
	if _, err := get(x509.NewCertPool(), address); err == nil {
		t.Error("a device that does not trust the authority was served")
	}
}

func TestNamesAndAddresses(t *testing.T) {
	t.Parallel()
	config, err := open(t, t.TempDir()).Server(devcert.Subjects{
		Names:      []string{"Deskside", "deskside.local", "www.example.com", "not a name", "10.1.1.1"},
		Interfaces: interfaces("192.168.7.9/24", "8.8.8.8/24", "fd00::9/64", "127.0.0.1/8"),
	})
	if err != nil {
		t.Fatal(err)
	}
	cert := leaf(t, config, "")
	for _, host := range []string{
		"localhost", "deskside", "deskside.local", "127.0.0.1", "::1", "10.0.2.2", "192.168.7.9", "fd00::9",
	} {
		if err := cert.VerifyHostname(host); err != nil {
			t.Error(err)
		}
	}
	for _, host := range []string{"www.example.com", "8.8.8.8", "10.1.1.1"} {
		if cert.VerifyHostname(host) == nil {
			t.Errorf("the certificate is for %s", host)
		}
	}
	if life := cert.NotAfter.Sub(cert.NotBefore); life > 398*24*time.Hour {
		t.Errorf("it lasts %s, more than Apple's systems take", life)
	}
	if again := leaf(t, config, "192.168.7.9"); again.SerialNumber.Cmp(cert.SerialNumber) != 0 {
		t.Error("a connection to a known address got another certificate")
	}
	if moved := leaf(t, config, "192.168.20.20"); moved.VerifyHostname("192.168.20.20") != nil {
		t.Error("an address that this machine got later is not named")
	}
	kept := leaf(t, config, "192.168.7.9")
	if kept.VerifyHostname("192.168.7.9") != nil || kept.VerifyHostname("192.168.20.20") != nil {
		t.Error("an earlier address was dropped")
	}
	if public := leaf(t, config, "8.8.4.4"); public.SerialNumber.Cmp(kept.SerialNumber) != 0 {
		t.Error("a public address brought about a new certificate")
	}
}

// Whoever gets hold of the key must not be able to use it against its owner elsewhere.
func TestAuthorityCannotVouchForTheInternet(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	authority := open(t, dir)
	content, err := os.ReadFile(filepath.Join(dir, "authority.pem"))
	if err != nil {
		t.Fatal(err)
	}
	stolen, err := tls.X509KeyPair(content, content)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for host, allowed := range map[string]bool{"localhost": true, "shop.test": true, "www.example.com": false, "amazonaws.com": false} {
		der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
			SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour),
		}, stolen.Leaf, key.Public(), stolen.PrivateKey)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cert.Verify(x509.VerifyOptions{Roots: pool(authority), DNSName: host}); (err == nil) != allowed {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestRenewsInTime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		config, err := open(t, dir).Server(devcert.Subjects{Interfaces: interfaces()})
		if err != nil {
			t.Fatal(err)
		}
		first := leaf(t, config, "")
		wait := func(d time.Duration) {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			<-ctx.Done()
		}
		wait(time.Until(first.NotAfter) - 31*24*time.Hour)
		if leaf(t, config, "").SerialNumber.Cmp(first.SerialNumber) != 0 {
			t.Error("it was renewed too early")
		}
		wait(2 * 24 * time.Hour)
		second := leaf(t, config, "")
		if !second.NotAfter.After(first.NotAfter) || time.Now().Before(second.NotBefore) {
			t.Errorf("29 days before its end the certificate ends on %s", second.NotAfter)
		}
		wait(10 * 365 * 24 * time.Hour)
		_, err = devcert.Open(dir, "")
		if hint := hintOf(err); !strings.Contains(hint, "Delete the file") {
			t.Errorf("an authority that has ended: %v, %q", err, hint)
		}
	})
}

func hintOf(err error) string {
	if e, ok := errors.AsType[*devcert.Error](err); ok {
		return e.Hint()
	}
	return ""
}

func TestKeepsTheAuthority(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	first := open(t, dir)
	second := open(t, dir)
	if !first.Created() || second.Created() || first.Fingerprint() != second.Fingerprint() {
		t.Error("a second start made another authority")
	}
	public, err := os.ReadFile(second.Path())
	if err != nil {
		t.Fatal(err)
	}
	if block, rest := pem.Decode(public); block == nil || block.Type != "CERTIFICATE" || len(rest) > 0 {
		t.Errorf("the file for devices holds %q", public)
	}
	if runtime.GOOS == "windows" {
		return // has no such permissions
	}
	path := filepath.Join(dir, "authority.pem")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the key has mode %o", info.Mode().Perm())
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := devcert.Open(dir, ""); !strings.Contains(hintOf(err), "chmod 600") {
		t.Errorf("a key that others can read: %v", err)
	}
}

func TestTwoStartsAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	prints := make([]string, 4)
	var starts sync.WaitGroup
	for i := range prints {
		starts.Go(func() {
			if a, err := devcert.Open(dir, ""); err != nil {
				t.Error(err)
			} else {
				prints[i] = a.Fingerprint()
			}
		})
	}
	starts.Wait()
	for _, each := range prints {
		if each != prints[0] {
			t.Error("the starts have different authorities")
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, ".authority-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestRefusesBrokenFiles(t *testing.T) {
	t.Parallel()
	other := t.TempDir()
	open(t, other)
	foreign, err := os.ReadFile(filepath.Join(other, "authority.pem"))
	if err != nil {
		t.Fatal(err)
	}
	mine := t.TempDir()
	open(t, mine)
	own, err := os.ReadFile(filepath.Join(mine, "authority.pem"))
	if err != nil {
		t.Fatal(err)
	}
	_, foreignKey := pem.Decode(foreign)
	ownCert, _ := pem.Decode(own)
	for name, content := range map[string][]byte{
		"empty":   nil,
		"text":    []byte("hello"),
		"no key":  pem.EncodeToMemory(ownCert),
		"garbage": []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
		"mixed":   append(pem.EncodeToMemory(ownCert), foreignKey...),
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "authority.pem"), content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := devcert.Open(dir, "")
		if err == nil || hintOf(err) == "" || strings.Contains(err.Error(), "PRIVATE") {
			t.Errorf("%s: %v, hint %q", name, err, hintOf(err))
		}
	}
	if _, err := devcert.Open("", ""); err == nil {
		t.Error("no directory was taken")
	}
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := devcert.Open(filepath.Join(blocked, "dir"), ""); hintOf(err) == "" {
		t.Errorf("a directory that cannot be made: %v", err)
	}
}

func TestInstructions(t *testing.T) {
	t.Parallel()
	authority := open(t, t.TempDir())
	text := authority.Text("https://192.168.7.9:3000")
	for _, want := range []string{
		"macOS", "Linux", "Windows", "iPhone", "Android", "https://192.168.7.9:3000/parley-ca.pem",
		authority.Path(), authority.Fingerprint(), authority.Name(),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the instructions do not say %q", want)
		}
	}
	if strings.Contains(authority.Text(""), "https://") {
		t.Error("an address is named that there is none of")
	}
	w := httptest.NewRecorder()
	authority.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, devcert.PublicPath, nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
		t.Errorf("POST: %d %v", w.Code, w.Header())
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write := func(from string, at time.Time) {
		content, err := os.ReadFile(filepath.Join(from, "authority.pem"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{cert, key} {
			if err := errors.Join(os.WriteFile(path, content, 0o600), os.Chtimes(path, at, at)); err != nil {
				t.Fatal(err)
			}
		}
	}
	first, second := t.TempDir(), t.TempDir()
	open(t, first)
	open(t, second)

	if _, err := devcert.Load(cert, key); !errors.Is(err, os.ErrNotExist) || !strings.Contains(hintOf(err), "--tls-key") {
		t.Errorf("files that are not there: %v", err)
	}
	synctest.Test(t, func(t *testing.T) {
		write(first, time.Now())
		config, err := devcert.Load(cert, key)
		if err != nil {
			t.Fatal(err)
		}
		before := leaf(t, config, "")
		timer := time.NewTimer(time.Minute)
		<-timer.C
		if err := os.WriteFile(cert, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := leaf(t, config, ""); !got.Equal(before) {
			t.Error("a half-written file was taken up")
		}
		write(second, time.Now())
		timer.Reset(time.Minute)
		<-timer.C
		if got := leaf(t, config, ""); got.Equal(before) {
			t.Error("changed files were not taken up")
		}
	})
}
