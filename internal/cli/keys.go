package cli

import (
	"context"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/parley-chat/parley/internal/settings"
)

// keys reports whether a server takes keys: somebody types, and sees what comes of it.
func (e *Env) keys(s *settings.Settings) bool {
	return e.StdinTerminal && e.StdoutTerminal && e.Stdin != nil && e.shows(s)
}

// keyed is what the keys of a server do: open the console's address, where there is one; end the
// server; and begin a restart in place, nil where that cannot be.
type keyed struct {
	console      string
	quit, reload func()
}

// listenToKeys acts on what is typed at a server. A key is a line, so that the terminal stays as it is
// and its own keys, as Ctrl+C, keep their meaning.
func listenToKeys(ctx context.Context, env *Env, does keyed, log *slog.Logger) {
	for line := range readLines(ctx, env) {
		switch strings.ToLower(strings.TrimSpace(line.text)) {
		case "":
		case "o":
			if does.console != "" {
				env.open(ctx, does.console, log)
			}
		case "c":
			env.printInOrder(ctx, "\x1b[H\x1b[2J\x1b[3J")
		case "r":
			if does.reload == nil {
				env.printInOrder(ctx, "A server cannot be replaced in place on this system: stop it and start it again.\n")
				continue
			}
			does.reload()
			return // what is typed from here on is for the next program
		case "q":
			does.quit()
			return
		default:
			env.printInOrder(ctx, "Keys, each with Enter: o opens the console, c clears the screen, r reloads, q quits.\n")
		}
	}
}

// open opens an address in a browser, or says where it is.
func (e *Env) open(ctx context.Context, address string, log *slog.Logger) {
	if e.OpenBrowser == nil {
		return
	}
	if err := e.OpenBrowser(ctx, address); err != nil {
		log.WarnContext(ctx, "no browser could be opened", slog.String("address", address), slog.String("cause", err.Error()))
	}
}

// openBrowser asks the system to open an address. It does not wait for the browser's end.
func openBrowser(ctx context.Context, address string) error {
	name, args := "xdg-open", []string{address}
	switch {
	case runtime.GOOS == "darwin":
		name = "open"
	case runtime.GOOS == "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", address}
	case os.Getenv("BROWSER") != "": // the user's own choice, which xdg-open knows on desktops only
		name = os.Getenv("BROWSER")
	}
	command := exec.CommandContext(context.WithoutCancel(ctx), name, args...) // an address of ours
	command.Stdout, command.Stderr = io.Discard, io.Discard
	if err := command.Start(); err != nil {
		return err
	}
	go func() { _ = command.Wait() }() // so that no dead process stays
	return nil
}
