//go:build unix

package runfile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// running reports whether there is a process with the id. Another user's process cannot be
// sent a signal, but is there.
func running(pid int) bool {
	err := unix.Kill(pid, 0)
	return (err == nil || errors.Is(err, unix.EPERM)) && !zombie(pid)
}

// zombie reports whether a process has ended and its parent has not asked for its exit code
// yet: it still takes signals. Systems without /proc do not say.
//
// Source: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
func zombie(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	// The state follows the program's name in parentheses, which may hold parentheses, too.
	_, state, found := bytes.Cut(stat[max(0, bytes.LastIndexByte(stat, ')')):], []byte(") "))
	return found && (bytes.HasPrefix(state, []byte("Z")) || bytes.HasPrefix(state, []byte("X")))
}

// own reports whether a file belongs to this process's user.
func own(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int64(stat.Uid) == int64(os.Geteuid())
}
