//go:build unix && !linux

package cli

import (
	"os/signal"
	"syscall"
)

// holdRestarts ignores SIGUSR2 until release is called. It is for the process that is about to
// be replaced: signals that are ignored stay so until the program started anew asks for them,
// and what the system does with the others is to kill.
func holdRestarts() (release func()) {
	signal.Ignore(syscall.SIGUSR2)
	return func() { signal.Reset(syscall.SIGUSR2) }
}
