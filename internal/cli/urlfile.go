package cli

import (
	"errors"
	"io/fs"
	"net/url"

	"github.com/parley-chat/parley/internal/runfile"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/settings"
)

// urlFileError says why no server is found by the URL file. It is a failure and no wrong usage:
// the same command succeeds while the server runs.
type urlFileError struct {
	message, hint string
	// absent says that there is no file, as before a server is ready and after its end.
	absent bool
}

func (e *urlFileError) Error() string { return e.message }
func (e *urlFileError) Hint() string  { return e.hint }

// writtenAddress returns the address in the URL file, written by a server that still runs. No
// other address stands in for it: a server found elsewhere would be another one.
func writtenAddress(env *Env, s *settings.Settings) (string, error) {
	name := screen.Printable(s.URLFile)
	again := "start the server with `parley serve --url-file " + name + "`"
	const other = "name another server with --server URL"
	text, err := env.readFile(s.URLFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", &urlFileError{
			message: "there is no file " + name + " (" + s.Origin("url-file").String() + "): its server is not ready yet, or has ended",
			hint:    again + ", wait for it with `parley ready --url-file " + name + " --wait 30s`, or " + other,
			absent:  true,
		}
	case err != nil:
		return "", &urlFileError{message: "reading the url file: " + err.Error(), hint: "name the file of a server with --url-file, or " + other}
	}
	written, err := runfile.Parse(text)
	if err == nil {
		err = checkAddress(written.Value)
	}
	switch {
	case err != nil:
		return "", &urlFileError{message: name + " names no server: " + err.Error(), hint: again + ", which writes it anew, or " + other}
	case written.Gone():
		return "", &urlFileError{message: "the server that wrote " + name + " is gone", hint: again + " again, or " + other}
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
