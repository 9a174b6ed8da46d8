package admintoken

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/parley-chat/parley/internal/runfile"
	"github.com/parley-chat/parley/internal/secret"
)

// Share leaves a server's token in the first of the user's runtime directories that can be
// written, in a file under the address the server listens on, where the same user's commands find
// it. It returns the token in effect and a function that removes the file: a server that was
// restarted in place goes on with the token it had shared.
//
// A server that is not to share its token, because commands find it in the data directory or need
// none, removes the one that a killed server has left under its address,
// because commands would call this server with the dead one's token. A server that cannot be
// called on a loopback address has no file, because commands send a kept token to no other
// address. That no directory can be written is logged and no error.
func Share(ctx context.Context, shared bool, token secret.Text, address Address, log *slog.Logger) (secret.Text, func()) {
	none := func() {}
	files := address.Files()
	if len(files) == 0 || !shared {
		for _, name := range files {
			_ = os.Remove(name) // mostly there is none
		}
		return token, none
	}
	var failed []error
	for _, name := range files {
		if err := runfile.PrivateDir(filepath.Dir(name)); err != nil {
			failed = append(failed, err)
			continue
		}
		if before, err := runtimeToken(os.ReadFile, name); err == nil && before.PID == os.Getpid() {
			token = before.token
		}
		if err := runfile.Write(name, token.Reveal()); err != nil {
			failed = append(failed, err)
			continue
		}
		return token, func() { runfile.Remove(name, token.Reveal()) }
	}
	log.WarnContext(ctx, "the admin token is kept nowhere: commands that change something need it in PARLEY_ADMIN_TOKEN",
		slog.Any("cause", errors.Join(failed...)))
	return token, none
}

// Shared returns the token of a running server that keeps nothing, and the file that holds it,
// by the address at which the server is called; a zero token when there is no such file.
func Shared(address Address, readFile ReadFile) (token secret.Text, file string) {
	for _, name := range address.Files() {
		if kept, err := runtimeToken(readFile, name); err == nil && !kept.Gone() {
			return kept.token, name
		}
	}
	return secret.Text{}, ""
}

// Address is where a server listens or is called, for [Share] and [Shared].
type Address struct {
	// Host is an address or a name, Port a number.
	Host, Port string
	// Dirs are the user's runtime directories, the best one first, as
	// [settings.RuntimeDirs] returns them.
	Dirs []string
}

// Files returns the files that can hold the token of a server on this machine, the best one
// first; none for a host other than loopback. The name of loopback, its two usual addresses and
// the addresses that stand for all of a machine's share one file, because the address that a
// command calls does not tell them apart.
func (a Address) Files() []string {
	host := a.Host
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
	for _, dir := range a.Dirs {
		files = append(files, filepath.Join(dir, fileName+"-"+host+"-"+a.Port))
	}
	return files
}

// keptToken is the content of a file with a running server's token.
type keptToken struct {
	runfile.Content
	token secret.Text
}

func runtimeToken(readFile ReadFile, name string) (keptToken, error) {
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

// parseToken demands characters that can stand in a header. Its error does not show the text.
func parseToken(text string) (secret.Text, error) {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return secret.Text{}, errors.New("it holds no admin token")
	}
	return secret.New(text), nil
}
