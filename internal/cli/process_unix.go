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

// replaceProcess runs the program anew in this process, with a socket left open for it. It
// returns only when that is not possible.
func replaceProcess(socket *os.File, environ []string) error {
	if _, err := unix.FcntlInt(socket.Fd(), unix.F_SETFD, 0); err != nil {
		return fmt.Errorf("keeping the socket open: %w", err)
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding the program: %w", err)
	}
	if err := syscall.Exec(program, os.Args, environ); err != nil {
		return fmt.Errorf("starting %s anew: %w", program, err)
	}
	return nil
}
