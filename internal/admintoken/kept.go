// Package admintoken makes, keeps and finds the token that lets commands and scripts change
// something by a running server's API.
//
// It owns where a token is kept: in the data directory, or, for a server that keeps nothing, in
// a file of the user's runtime directory while the server runs. It refuses to know who checks a
// token and who sends one. Its functions are safe for concurrent use, also by several processes.
package admintoken

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/settings"
)

// fileName is the file in the data directory that holds a server's own admin token.
const fileName = "admin-token"

// ReadFile reads a file, as [os.ReadFile] does.
type ReadFile func(name string) ([]byte, error)

// Open returns the admin token of a server: the configured one, or a random one. The random one
// is kept in the data directory, so that the same user's commands find it and it outlives a
// restart. A server that keeps nothing leaves no file behind: it shares its token while it runs
// ([Share]). A server that calls AWS or plays a recording keeps its token to itself, because no
// command changes anything there.
func Open(s *settings.Settings, readFile ReadFile) (secret.Text, error) {
	if !s.AdminToken.IsZero() {
		return s.AdminToken.Text, nil
	}
	if s.Ephemeral || s.DataDir == "" || s.Upstream != settings.Embedded {
		return secret.New(rand.Text()), nil
	}
	kept, err := Kept(s.DataDir, readFile)
	if err != nil || !kept.IsZero() {
		return kept, err
	}
	if err := keep(s.DataDir); err != nil {
		return secret.Text{}, hint.New(
			fmt.Errorf("keeping an admin token: %w", err), "name a directory that can be written with --data-dir, or give a token with --admin-token",
		)
	}
	kept, err = Kept(s.DataDir, readFile)
	if err == nil && kept.IsZero() {
		err = errors.New("keeping an admin token: the file is gone")
	}
	return kept, err
}

// keep writes a new token, unless another process was faster. The file gets its name when it is
// complete, so that no process reads half a token.
func keep(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, fileName+"-*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // it has its own name by then
	_, err = file.WriteString(rand.Text() + "\n")
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	path := filepath.Join(dir, fileName)
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		// Not every file system has links.
		return os.Rename(file.Name(), path)
	}
	return nil
}

// Kept returns the token in a data directory; the zero token, and no error, when the directory
// holds none or is not named.
func Kept(dir string, readFile ReadFile) (secret.Text, error) {
	if dir == "" {
		return secret.Text{}, nil
	}
	path := filepath.Join(dir, fileName)
	text, err := readFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return secret.Text{}, nil
	case err != nil:
		return secret.Text{}, hint.New(fmt.Errorf("reading the admin token: %w", err), "give a token with --admin-token, or name another directory with --data-dir")
	}
	token, err := parseToken(strings.TrimSpace(string(text)))
	if err != nil {
		return secret.Text{}, hint.New(fmt.Errorf("reading the admin token in %s: %w", path, err), "delete it: the next `parley serve` makes a new one")
	}
	return token, nil
}
