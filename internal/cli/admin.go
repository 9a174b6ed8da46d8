package cli

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/settings"
)

// adminTokenName is the file in the data directory that holds a server's own admin token.
const adminTokenName = "admin-token"

// adminToken returns what lets scripts change something by a server's API: the token that is
// configured, or a random one. That is kept in the data directory, so that the commands of the
// same user find it and it outlives a restart. A server that keeps nothing leaves no file
// behind: it shares its token while it runs (shareToken). One that calls AWS or plays a
// recording keeps its token to itself; no command changes anything there.
func adminToken(env *Env, s *settings.Settings) (secret.Text, error) {
	if !s.AdminToken.IsZero() {
		return s.AdminToken.Text, nil
	}
	if s.Ephemeral || s.DataDir == "" || s.Upstream != settings.Embedded {
		return secret.New(rand.Text()), nil
	}
	kept, err := keptAdminToken(env, s)
	if err != nil || !kept.IsZero() {
		return kept, err
	}
	if err := keepAdminToken(s.DataDir); err != nil {
		return secret.Text{}, &hintError{
			fmt.Errorf("keeping an admin token: %w", err), "name a directory that can be written with --data-dir, or give a token with --admin-token",
		}
	}
	kept, err = keptAdminToken(env, s)
	if err == nil && kept.IsZero() {
		err = errors.New("keeping an admin token: the file is gone")
	}
	return kept, err
}

// keepAdminToken writes a new token, unless another process was faster. Nobody ever sees half
// of one: the file gets its name when it is complete.
func keepAdminToken(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, adminTokenName+"-*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // it has its own name by then
	_, err = file.WriteString(rand.Text() + "\n")
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	path := filepath.Join(dir, adminTokenName)
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		// Not every file system has links.
		return os.Rename(file.Name(), path)
	}
	return nil
}

// keptAdminToken reads the token in the data directory; none is no error.
func keptAdminToken(env *Env, s *settings.Settings) (secret.Text, error) {
	if s.DataDir == "" || env.ReadFile == nil {
		return secret.Text{}, nil
	}
	path := filepath.Join(s.DataDir, adminTokenName)
	text, err := env.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return secret.Text{}, nil
	case err != nil:
		return secret.Text{}, &hintError{fmt.Errorf("reading the admin token: %w", err), "give a token with --admin-token, or name another directory with --data-dir"}
	}
	token, err := parseToken(strings.TrimSpace(string(text)))
	if err != nil {
		return secret.Text{}, &hintError{fmt.Errorf("reading the admin token in %s: %w", path, err), "delete it: the next `parley serve` makes a new one"}
	}
	return token, nil
}
