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
	ctx, stop := untilSignal(signals...)
	defer stop()

	restarts, ignore := restartSignals()
	defer ignore()

	return Run(ctx, Env{
		Args: os.Args[1:], Environ: os.Environ(),
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		StdinTerminal: isTerminal(os.Stdin), StdoutTerminal: isTerminal(os.Stdout), StderrTerminal: isTerminal(os.Stderr),
		ReadFile: os.ReadFile, GOOS: runtime.GOOS, Build: ReadBuild(version),
		Restart: restarts, Replace: replaceProcess,
		AwaitParent: started.Await, SurviveClosedOutput: surviveClosedOutput,
	})
}

// untilSignal returns a context that ends with the first of the signals. Before it ends, the
// signals do again what they always do, so that whoever sees that the end has begun can
// hasten it with a second one.
func untilSignal(signals ...os.Signal) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(context.Background())
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, signals...)
	go func() { // ends with ctx
		defer stop()
		defer signal.Stop(caught)
		select {
		case <-caught:
		case <-ctx.Done():
		}
	}()
	return ctx, stop
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
