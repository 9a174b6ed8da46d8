// Package devcert gives a developer's server certificates that the developer's own phones
// and browsers can be made to trust: from a certificate authority of its own, or from files.
//
// The authority lives in the data directory and is made the first time it is needed. Its key
// never leaves that directory. It can only vouch for names and addresses that nobody owns on
// the internet (localhost, .local, .test, private networks, this machine's own name), so that
// whoever steals the key cannot pose as a bank to the devices that trust it.
//
// The package knows no HTTP but the address of its public certificate. An [Authority] is
// safe for concurrent use.
package devcert

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

const (
	// authorityLife is how long an authority is trusted: replacing it means touching every
	// device.
	authorityLife = 10 * 365 * 24 * time.Hour
	// backdate makes certificates valid on devices whose clock is behind.
	backdate = 24 * time.Hour

	secretName = "authority.pem" // certificate and key
	// PublicName is the name of the file with the certificate alone, and of its download.
	PublicName = "parley-ca.pem" // certificate alone
)

// Authority is a certificate authority for one developer's devices.
type Authority struct {
	cert    *x509.Certificate
	key     *ecdsa.PrivateKey
	pem     []byte
	path    string
	created bool
}

// Error is a certificate that cannot be used, with what to do about it.
type Error struct {
	// Path is the file at fault, Reason says in a few words what is wrong with it.
	Path, Reason string
	// Err is the cause; it may be nil.
	Err  error
	hint string
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("using the certificate in %s: %s", e.Path, e.Reason)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do next.
func (e *Error) Hint() string { return e.hint }

// Open returns the authority kept in a directory, which it makes the first time. hostname is
// this machine's name, for which a new authority may then vouch too; it may be empty. Errors
// about files are of type [*Error].
func Open(dir, hostname string) (*Authority, error) {
	if dir == "" {
		return nil, errors.New("a certificate authority needs a directory")
	}
	path := filepath.Join(dir, secretName)
	a, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(dir, path, hostname); err != nil {
			return nil, err
		}
		if a, err = read(path); err == nil {
			a.created = true
		}
	}
	if err != nil {
		return nil, err
	}
	// Written every time, because people delete it, and readable by everyone: it is public.
	if err := os.WriteFile(a.path, a.pem, 0o644); err != nil {
		return nil, &Error{Path: a.path, Reason: "it cannot be written", Err: err, hint: "Choose another directory with --data-dir."}
	}
	return a, nil
}

// PEM returns the authority's certificate, which devices are to trust. The key is not in it.
func (a *Authority) PEM() []byte { return a.pem }

// Path is a file with what PEM returns.
func (a *Authority) Path() string { return a.path }

// Created reports whether Open has made the authority, so that no device can trust it yet.
func (a *Authority) Created() bool { return a.created }

// Name is how devices list the authority.
func (a *Authority) Name() string { return a.cert.Subject.CommonName }

// Fingerprint is the SHA-256 of the certificate, as devices show it for comparison.
func (a *Authority) Fingerprint() string {
	sum := sha256.Sum256(a.cert.Raw)
	return strings.ToUpper(strings.ReplaceAll(fmt.Sprintf("% x", sum[:]), " ", ":"))
}

// read loads the authority from its file.
func read(path string) (*Authority, error) {
	broken := func(reason string, err error) error {
		return &Error{
			Path: path, Reason: reason, Err: err,
			hint: "Delete the file and start again: a new certificate authority is made, which your devices have to be told to trust.",
		}
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, &Error{
			Path: path, Reason: "other users of this machine can read its key",
			hint: "If you know that nobody has: chmod 600 " + path + ". Otherwise delete it and start again; your devices then have to be told to trust the new one.",
		}
	}
	raw, readErr := os.ReadFile(path)
	if err := errors.Join(err, readErr); err != nil {
		return nil, broken("it cannot be read", err)
	}
	certBlock, rest := pem.Decode(raw)
	keyBlock, _ := pem.Decode(rest)
	if certBlock == nil || keyBlock == nil {
		return nil, broken("it does not hold a certificate and a key", nil)
	}
	cert, certErr := x509.ParseCertificate(certBlock.Bytes)
	parsed, keyErr := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	if err := errors.Join(certErr, keyErr); err != nil {
		return nil, broken("it does not hold a certificate and a key", err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || !key.PublicKey.Equal(cert.PublicKey) {
		return nil, broken("its certificate and key do not belong together", nil)
	}
	if now := time.Now(); now.After(cert.NotAfter) {
		return nil, broken("it ended on "+cert.NotAfter.Format(time.DateOnly), nil)
	}
	return &Authority{
		cert: cert, key: key, path: filepath.Join(filepath.Dir(path), PublicName),
		pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certBlock.Bytes}),
	}, nil
}

// create makes an authority. When two programs do so at once, one of them wins and both
// have its authority.
func create(dir, path, hostname string) error {
	fail := func(err error) error {
		return &Error{Path: path, Reason: "it cannot be made", Err: err, hint: "Choose another directory with --data-dir."}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fail(err)
	}
	content, err := generate(hostname)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(dir, ".authority-") // readable by its owner alone
	if err != nil {
		return fail(err)
	}
	defer func() { _ = os.Remove(temp.Name()) }() // linked under its name by then
	_, writeErr := temp.Write(content)
	if err := errors.Join(writeErr, temp.Sync(), temp.Close()); err != nil {
		return fail(err)
	}
	if err := os.Link(temp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fail(err)
	}
	return nil
}

// generate returns a new authority's certificate and key.
func generate(hostname string) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject: pkix.Name{
			// The time keeps several authorities on one device apart.
			CommonName: "Parley development CA " + now.UTC().Format("2006-01-02 15:04"), Organization: []string{"Parley"},
		},
		NotBefore: now.Add(-backdate), NotAfter: now.Add(authorityLife),
		KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: permittedNames(hostname), PermittedIPRanges: permittedRanges(),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("making a certificate: %w", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("writing a key: %w", err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})...), nil
}

// permittedNames are names that nobody can own on the internet, and this machine's.
//
// Source: RFC 6761, RFC 6762 and RFC 8375, and ICANN's reservation of .internal.
func permittedNames(hostname string) []string {
	names := []string{"localhost", "local", "test", "internal", "home.arpa", "lan"}
	if hostname = strings.ToLower(strings.TrimSuffix(hostname, ".")); isName(hostname) {
		names = append(names, hostname)
	}
	return names
}

// permittedRanges are the networks whose addresses mean something else everywhere.
//
// Source: RFC 6890.
func permittedRanges() []*net.IPNet {
	var ranges []*net.IPNet
	for _, text := range []string{
		"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
		"::1/128", "fc00::/7", "fe80::/10",
	} {
		if _, network, err := net.ParseCIDR(text); err == nil { // all of them parse
			ranges = append(ranges, network)
		}
	}
	return ranges
}

func newSerial() (*big.Int, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("making a serial number: %w", err)
	}
	return serial, nil
}
