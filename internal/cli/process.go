package cli

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/term"

	"github.com/parley-chat/parley/internal/parent"
)

// Main runs the program as the operating system started it and returns the exit
// code. The first interrupt, termination or hang-up signal stops a server in good
// order, the second one kills the process; SIGUSR2 restarts a server in place. version overrides what the build
// recorded; empty keeps that.
func Main(version string) int {
	started := parent.Current() // first of all, because a parent can end at any moment
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup asks to survive the terminal
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, end := newEnding(signals...)
	defer end.stop()

	restarts, ignore := restartSignals()
	defer ignore()

	return Run(ctx, Env{
		Args: os.Args[1:], Environ: os.Environ(),
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		StdinTerminal: isTerminal(os.Stdin), StdoutTerminal: isTerminal(os.Stdout), StderrTerminal: isTerminal(os.Stderr),
		ReadFile: os.ReadFile, GOOS: runtime.GOOS, Build: ReadBuild(version),
		OpenBrowser: openBrowser, ListenForKeys: listenForKeys,
		Restart: restarts, AwaitParent: started.Await, SurviveClosedOutput: surviveClosedOutput,
		Replace: func(sockets []*os.File, environ []string) error {
			if end.release() {
				return ctx.Err()
			}
			return replaceProcess(sockets, environ)
		},
	})
}

// ending is what the first of some signals brings about.
type ending struct {
	begun <-chan struct{}
	stop  context.CancelFunc
	asks  chan chan<- bool
}

// newEnding returns a context that ends with the first of the signals. Before it ends, the
// signals do again what they always do, so that whoever sees that the end has begun can
// hasten it with a second one.
func newEnding(signals ...os.Signal) (context.Context, *ending) {
	var ignored []os.Signal
	for _, s := range signals {
		if signal.Ignored(s) {
			ignored = append(ignored, s)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	e := &ending{ctx.Done(), stop, make(chan chan<- bool)}
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, signals...)
	go func() { // ends with ctx
		defer stop()
		defer signal.Stop(caught)
		for {
			select {
			case <-caught:
				if len(ignored) > 0 {
					dieOf(ignored)
				}
				return
			case answer := <-e.asks:
				signal.Stop(caught)
				answer <- len(caught) > 0
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, e
}

// dieOf ends the process with the next of some signals that do nothing by themselves: a shell that is no
// terminal's starts what runs in its background with SIGINT ignored (POSIX, "Asynchronous Lists").
func dieOf(ignored []os.Signal) {
	again := make(chan os.Signal, 1)
	signal.Notify(again, ignored...)
	go func() {
		code := 128 // with the signal's number, as shells tell of a process that has died of one
		if s, ok := (<-again).(syscall.Signal); ok {
			code += int(s)
		}
		os.Exit(code) //nolint:forbidigo // the process is to die
	}()
}

// release gives the signals their own action back, and reports whether one has come before: the
// context has ended then. It is for a process that is about to be replaced, in which a signal
// would otherwise be caught and forgotten. The server has ended by then, so that nothing is lost
// with a process that dies of one.
func (e *ending) release() (begun bool) {
	answer := make(chan bool, 1)
	select {
	case e.asks <- answer:
		if !<-answer {
			return false
		}
		<-e.begun
	case <-e.begun:
	}
	return true
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
