//go:build unix

package cli

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// restartSignals returns a channel that gets a value when a restart is asked for (SIGUSR2).
func restartSignals() (<-chan os.Signal, func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2)
	return signals, func() { signal.Stop(signals) }
}

// surviveClosedOutput takes SIGPIPE, which otherwise ends the process at the first line that
// it writes to a standard output or standard error without a reader: a server would end so in
// the middle of its own orderly end, when the test runner or the `| head` behind its log is
// gone. The signal is taken and not ignored, because programs that this one starts would
// inherit that (a credential process).
//
// Source: package os/signal, section SIGPIPE.
func surviveClosedOutput() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// replaceProcess runs the program anew in this process, with sockets left open for it. It
// returns only when that is not possible.
func replaceProcess(sockets []*os.File, environ []string) error {
	for _, socket := range sockets {
		if _, err := unix.FcntlInt(socket.Fd(), unix.F_SETFD, 0); err != nil {
			return fmt.Errorf("keeping a socket open: %w", err)
		}
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding the program: %w", err)
	}
	release := holdRestarts()
	defer release()
	if err := syscall.Exec(program, os.Args, environ); err != nil {
		return fmt.Errorf("starting %s anew: %w", program, err)
	}
	return nil
}

// listenForKeys reports whether this process may read the terminal, and keeps it from being stopped
// when it no longer may: reading then fails instead.
func listenForKeys() bool {
	group, err := unix.IoctlGetInt(int(os.Stdin.Fd()), unix.TIOCGPGRP)
	if err != nil || group != unix.Getpgrp() {
		return false
	}
	signal.Ignore(syscall.SIGTTIN)
	return true
}
