//go:build unix

package lambdacall

import (
	"os/exec"
	"syscall"
)

// own gives a program a group of its own, so that what it starts ends with it (npx starts Node), and
// so that an interrupt at the terminal reaches Parley first.
func own(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
