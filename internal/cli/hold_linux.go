package cli

import (
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// holdRestarts keeps SIGUSR2 from the calling thread until release is called. It is for the
// thread that replaces the process: a signal that comes then waits for the program started anew,
// and restarts it once it asks for signals. Handlers end with the program that set them, and
// what the system does without one is to kill.
//
// Source: execve(2) (all other threads end; dispositions become the default, the signal mask and
// pending signals are preserved) and package os/signal (a mask that a program is started with is
// honoured until it asks for the signal).
func holdRestarts() (release func()) {
	runtime.LockOSThread()
	var set, before unix.Sigset_t
	bits := 1024 / len(set.Val)
	set.Val[int(syscall.SIGUSR2-1)/bits] |= 1 << (int(syscall.SIGUSR2-1) % bits)
	_ = unix.PthreadSigmask(unix.SIG_BLOCK, &set, &before) // fails for nothing but a wrong argument
	return func() {
		_ = unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil)
		runtime.UnlockOSThread()
	}
}
