package serve

import (
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/parley-chat/parley/internal/devcert"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/settings"
)

// secure is the HTTPS side of a server; the zero value is plain HTTP.
type secure struct {
	config *tls.Config
	// authority is nil with a certificate of the user's own.
	authority *devcert.Authority
}

// openSecure opens the certificate, or the certificate authority, that the settings name.
func openSecure(s *settings.Settings) (secure, error) {
	switch {
	case s.TLSCert != "":
		config, err := devcert.Load(s.TLSCert, s.TLSKey)
		if err != nil {
			return secure{}, hint.Misuse(err, hint.Of(err))
		}
		return secure{config: config}, nil
	case !s.TLS:
		return secure{}, nil
	case s.DataDir == "":
		return secure{}, hint.Usage(
			"--tls needs a directory for its certificate authority, and the environment names no home",
			"name one with --data-dir, or bring a certificate with --tls-cert and --tls-key",
		)
	}
	hostname, _ := os.Hostname() // without a name the certificate is for addresses only
	authority, err := devcert.Open(filepath.Join(s.DataDir, "tls"), hostname)
	if err != nil {
		return secure{}, err
	}
	config, err := authority.Server(devcert.Subjects{Names: hostnames(hostname, s.AllowHosts)})
	return secure{config, authority}, errors.Join(err)
}

// hostnames are the names a server may be called by.
func hostnames(hostname string, allowed []string) []string {
	names := append([]string{}, allowed...)
	if short, _, _ := strings.Cut(hostname, "."); short != "" {
		names = append(names, hostname, short+".local")
	}
	return names
}
