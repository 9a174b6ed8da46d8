package client

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/parley-chat/parley/internal/doorpath"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/runfile"
	"github.com/parley-chat/parley/internal/screen"
)

// Address returns the address at which a server takes start requests. It is the named one; with a
// url-file the one in it, and no other; else the one that would listen on addr.
func Address(config Config) (string, error) {
	s, named := config.Settings, config.Named
	if named == "" && s.URLFile != "" {
		written, err := writtenAddress(config)
		if err != nil {
			return "", err
		}
		named = written
	}
	if named == "" {
		host, port, err := net.SplitHostPort(s.Addr)
		if err != nil || port == "0" {
			return "", hint.Usage("--addr "+s.Addr+" does not say where the server listens", "name the server with --server URL, or its --url-file")
		}
		if host = callableHost(host); host == "localhost" {
			host = "127.0.0.1" // an image without a hosts file has nobody to ask for the name
		}
		named = "http://" + net.JoinHostPort(host, port)
		if s.Secure() {
			named = "https" + strings.TrimPrefix(named, "http")
		}
	}
	if err := checkAddress(named); err != nil {
		return "", hint.Usage("--server: "+err.Error(), "write it like http://localhost:3000")
	}
	u, err := url.Parse(named)
	if err != nil {
		return "", err
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = doorpath.Main
	}
	return u.String(), nil
}

// callableHost turns the host of an address to listen on into one to call, before
// there is a socket to ask.
func callableHost(host string) string {
	ip, err := netip.ParseAddr(host)
	if host == "" || err == nil && ip.IsUnspecified() {
		return "localhost"
	}
	return host
}

// URLFileError is the reason why no server is found by the URL file. It is a failure and no wrong
// usage: the same command succeeds while the server runs.
type URLFileError struct {
	message, hint string
	// Absent says that there is no file, as before a server is ready and after its end.
	Absent bool
}

// Error implements error.
func (e *URLFileError) Error() string { return e.message }

// Hint returns the next step.
func (e *URLFileError) Hint() string { return e.hint }

// writtenAddress returns the address in the URL file, written by a server that still runs. No
// other address stands in for it: a server found elsewhere would be another one.
func writtenAddress(config Config) (string, error) {
	s := config.Settings
	name := screen.Printable(s.URLFile)
	again := "start the server with `parley serve --url-file " + name + "`"
	const other = "name another server with --server URL"
	text, err := config.ReadFile(s.URLFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", &URLFileError{
			message: "there is no file " + name + " (" + s.Origin("url-file").String() + "): its server is not ready yet, or has ended",
			hint:    again + ", wait for it with `parley ready --url-file " + name + " --wait 30s`, or " + other,
			Absent:  true,
		}
	case err != nil:
		return "", &URLFileError{message: "reading the url file: " + err.Error(), hint: "name the file of a server with --url-file, or " + other}
	}
	written, err := runfile.Parse(text)
	if err == nil {
		err = checkAddress(written.Value)
	}
	switch {
	case err != nil:
		return "", &URLFileError{message: name + " names no server: " + err.Error(), hint: again + ", which writes it anew, or " + other}
	case written.Gone():
		return "", &URLFileError{message: "the server that wrote " + name + " is gone", hint: again + " again, or " + other}
	}
	return written.Value, nil
}

// checkAddress demands the address of a server. Its error does not show the value.
func checkAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return errors.New("the value is not an address")
	}
	if u.User != nil {
		return errors.New("the value must not hold a user name or password")
	}
	return nil
}
