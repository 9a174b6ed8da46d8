// Package cli is the program parley: its commands, flags, help texts, messages and exit codes,
// and its life as a process: signals, outputs, the parent. Servers are composed by package serve
// and called by package client.
//
// It is the only package that reads the environment, and it does so through [Env],
// so that tests run the same program as a terminal does. Commands return errors;
// [Run] prints them once, with the next step where there is one, and turns them into
// the exit code. Nothing in it ends the process.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/logqueue"
	"github.com/parley-chat/parley/internal/settings"
)

// The exit codes of every command.
const (
	// ExitOK means that the command did what it was asked to.
	ExitOK = 0
	// ExitFailure means that it could not, or that the doctor found a failure.
	ExitFailure = 1
	// ExitUsage means that the command line or the configuration is wrong; nothing
	// was begun.
	ExitUsage = 2
	// ExitInterrupted means that an interrupt signal stopped the command before it was
	// done: the first one most commands, the second one a server.
	ExitInterrupted = 130
)

// Env is everything the program has of the world around it.
type Env struct {
	// Args are the arguments without the program's name.
	Args []string
	// Environ is the environment, as [os.Environ] returns it.
	Environ []string
	// Stdin is what the user says in a chat; nil says nothing.
	Stdin io.Reader
	// Stdout takes results, Stderr messages and logs.
	Stdout, Stderr io.Writer
	// StdinTerminal says that a person types, StdoutTerminal and StderrTerminal that one is
	// watching.
	StdinTerminal, StdoutTerminal, StderrTerminal bool
	// ReadFile reads files that the user names, as [os.ReadFile] does.
	ReadFile func(path string) ([]byte, error)
	// GOOS is the operating system, as in [runtime.GOOS].
	GOOS string
	// Build says which program this is.
	Build Build
	// Restart gets a value when a server should restart without refusing a connection; nil
	// never does. Replace then runs the program anew in its place, unless the context that Run
	// was given ends.
	Restart <-chan os.Signal
	Replace func(sockets []*os.File, environ []string) error
	// OpenBrowser opens an address in the user's browser; nil cannot.
	OpenBrowser func(ctx context.Context, address string) error
	// AwaitParent returns nil when the process that started this one has ended, the error of ctx
	// when that ends before, and another error when the process cannot be watched. Nil is for a
	// program without a parent.
	AwaitParent func(ctx context.Context) error
	// ListenForKeys prepares the terminal for a server that reads it, and reports whether that is
	// possible: not in the background, where a program that reads is stopped. It may be nil.
	ListenForKeys func() bool
	// SurviveClosedOutput makes writes to outputs that have lost their reader fail, for which the
	// process otherwise ends. A server calls it, because it has more to do than to write. It may
	// be nil.
	SurviveClosedOutput func()

	// queues are between a server and its outputs.
	queues []*logqueue.Writer
}

// getenv returns the value of a variable, or "".
func (e *Env) getenv(name string) string {
	for _, pair := range e.Environ {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// readFile reads a file that the user names; without files there is none.
func (e *Env) readFile(name string) ([]byte, error) {
	if e.ReadFile == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return e.ReadFile(name)
}

// runtimeDirs are the directories in which a running server shares its admin token.
func (e *Env) runtimeDirs() []string { return settings.RuntimeDirs(e.Environ, e.GOOS) }

// color reports whether a terminal may be given colours (https://no-color.org).
func (e *Env) color(terminal bool) bool {
	if !terminal || e.getenv("NO_COLOR") != "" || e.getenv("TERM") == "dumb" {
		return false
	}
	// The old Windows console prints escape sequences as they are.
	return e.GOOS != "windows" || e.getenv("WT_SESSION") != "" || e.getenv("TERM") != ""
}

// Run runs one command to its end and returns the exit code. When ctx ends, a server
// stops in good order.
func Run(ctx context.Context, env Env) int {
	defer env.closeOutput()
	root := newRoot(&env)
	root.SetArgs(env.Args)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return ExitOK
	case errors.Is(err, errReported):
		return ExitFailure
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		env.report(errors.New("interrupted"))
		return ExitInterrupted
	}
	if jsonWanted(env.Args) {
		err = env.reportJSON(err)
	}
	if !errors.Is(err, errReported) {
		env.report(err)
	}
	if isUsage(err) {
		return ExitUsage
	}
	return ExitFailure
}

// errReported ends a command that has already said what is wrong.
var errReported = errors.New("already reported")

// report prints an error and, where it knows one, the next step.
func (e *Env) report(err error) {
	for i, line := range strings.Split(err.Error(), "\n") {
		if i == 0 {
			line = "parley: error: " + line
		}
		_, _ = fmt.Fprintln(e.Stderr, line) // nobody is left to tell
	}
	if next := hint.Of(err); next != "" {
		_, _ = fmt.Fprintln(e.Stderr, "parley: hint: "+next)
	}
}

// jsonWanted reports whether the arguments ask for a result that programs read, also those of a line
// that is wrong otherwise.
func jsonWanted(args []string) bool {
	for i, arg := range args {
		switch arg {
		case "--":
			return false
		case "-ojson", "-o=json", "--output=json":
			return true
		case "-o", "--output":
			if i+1 < len(args) && args[i+1] == "json" {
				return true
			}
		}
	}
	return false
}

// reportJSON reports an error where results go, in the form that refusals of a server have. It returns
// the error, marked as reported.
func (e *Env) reportJSON(err error) error {
	code := "Failure"
	if isUsage(err) {
		code = "Usage"
	}
	if refusal, ok := errors.AsType[*client.RefusalError](err); ok {
		code = refusal.Answer.Code
	}
	text, encodeErr := json.Marshal(struct {
		Error string `json:"error"`
		Code  string `json:"code"`
		Hint  string `json:"hint,omitempty"`
	}{err.Error(), code, hint.Of(err)})
	if encodeErr != nil {
		return err
	}
	if _, writeErr := fmt.Fprintf(e.Stdout, "%s\n", text); writeErr != nil {
		return err
	}
	return errors.Join(errReported, err)
}

func isUsage(err error) bool {
	_, faults := errors.AsType[*settings.FaultsError](err)
	return faults || hint.IsUsage(err)
}
