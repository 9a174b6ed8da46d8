package devcert

import (
	"crypto/tls"
	"os"
	"sync"
	"time"
)

// lookAgain is how often certificate files are looked at for a change.
const lookAgain = 10 * time.Second

// Load returns the configuration of a TLS server with a certificate (chain) and key from PEM
// files. Changed files are taken up by new connections within seconds; while the changed ones
// do not fit together the former pair stays in use. The error is an [*Error].
func Load(certFile, keyFile string) (*tls.Config, error) {
	f := &files{cert: certFile, key: keyFile}
	if err := f.load(); err != nil {
		return nil, &Error{
			Path: certFile, Reason: err.Error(), Err: err,
			hint: "--tls-cert needs a PEM file with the certificate and what lies between it and its authority, --tls-key the PEM file with its unencrypted key.",
		}
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return f.current(), nil },
	}, nil
}

// files is a pair of files that may change.
type files struct {
	cert, key string

	mu     sync.Mutex
	pair   tls.Certificate
	seen   [2]time.Time // when the files were last changed
	looked time.Time
}

func (f *files) current() *tls.Certificate {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.looked) >= lookAgain && f.changed() != f.seen {
		_ = f.load() // the former pair serves until the new one is whole
	}
	pair := f.pair
	return &pair
}

// changed returns when the files were last changed; zero for one that is not there.
func (f *files) changed() [2]time.Time {
	var at [2]time.Time
	for i, path := range []string{f.cert, f.key} {
		if info, err := os.Stat(path); err == nil {
			at[i] = info.ModTime()
		}
	}
	return at
}

func (f *files) load() error {
	f.looked = time.Now()
	seen := f.changed()
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return err
	}
	f.pair, f.seen = pair, seen
	return nil
}
