package cli

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/parley-chat/parley/internal/runfile"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/settings"
)

// shareToken leaves the token of a server that keeps nothing in a file of the user's runtime
// directory, under the address the server listens on, where the same user's commands find it,
// and returns what removes the file. A server that restarts in place goes on with its token.
//
// A server without such a file removes the one that a killed server has left under its address:
// commands would call this server with a dead one's token. Servers that cannot be called on a
// loopback address have no file, because commands send a kept token to no other address.
func (w *workbench) shareToken(ctx context.Context, env *Env, s *settings.Settings, bound net.Addr, log *slog.Logger) (withdraw func()) {
	none := func() {}
	host, port, err := net.SplitHostPort(bound.String())
	if err != nil {
		return none // a listener that is no TCP port, in tests
	}
	files := runtimeTokenFiles(env, host, port)
	if len(files) == 0 || !s.Ephemeral || s.Upstream != settings.Embedded || !s.AdminToken.IsZero() {
		for _, name := range files {
			_ = os.Remove(name) // mostly there is none
		}
		return none
	}
	var failed []error
	for _, name := range files {
		if err := runfile.PrivateDir(filepath.Dir(name)); err != nil {
			failed = append(failed, err)
			continue
		}
		if before, err := runtimeToken(os.ReadFile, name); err == nil && before.PID == os.Getpid() {
			w.token = before.token
		}
		token := w.token.Reveal()
		if err := runfile.Write(name, token); err != nil {
			failed = append(failed, err)
			continue
		}
		return func() { runfile.Remove(name, token) }
	}
	log.WarnContext(ctx, "the admin token is kept nowhere: commands that change something need it in PARLEY_ADMIN_TOKEN",
		slog.Any("cause", errors.Join(failed...)))
	return none
}

// sharedToken returns the token of a running server that keeps nothing, and the file it is in,
// by the address the server is called at; none is no error.
func sharedToken(env *Env, host, port string) (token secret.Text, file string) {
	for _, name := range runtimeTokenFiles(env, host, port) {
		if kept, err := runtimeToken(env.readFile, name); err == nil && !kept.Gone() {
			return kept.token, name
		}
	}
	return secret.Text{}, ""
}

// runtimeTokenFiles returns the files that can hold the token of a server on this machine, the
// best one first; none for an address that is not loopback's. The names of loopback, its two
// usual addresses and a server that listens on all addresses are one and the same there: they
// cannot be told apart by the address that a command calls.
func runtimeTokenFiles(env *Env, host, port string) []string {
	ip, err := netip.ParseAddr(host)
	ip = ip.Unmap()
	switch {
	case host == "localhost", err == nil && (ip.IsUnspecified() || ip == netip.IPv6Loopback() || ip == netip.AddrFrom4([4]byte{127, 0, 0, 1})):
		host = "localhost"
	case err == nil && ip.IsLoopback():
		host = ip.String()
	default:
		return nil
	}
	var files []string
	for _, dir := range settings.RuntimeDirs(env.Environ, env.GOOS) {
		files = append(files, filepath.Join(dir, adminTokenName+"-"+host+"-"+port))
	}
	return files
}

// keptToken is the content of a file with a running server's token.
type keptToken struct {
	runfile.Content
	token secret.Text
}

func runtimeToken(readFile func(string) ([]byte, error), name string) (keptToken, error) {
	text, err := readFile(name)
	if err != nil {
		return keptToken{}, err
	}
	content, err := runfile.Parse(text)
	if err != nil {
		return keptToken{}, err
	}
	token, err := parseToken(content.Value)
	content.Value = ""
	return keptToken{content, token}, err
}

// parseToken demands what can stand in a header. Its error does not show the text.
func parseToken(text string) (secret.Text, error) {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return secret.Text{}, errors.New("it holds no admin token")
	}
	return secret.New(text), nil
}
