//go:build !unix

package lambdacall

import "os/exec"

// own leaves a program as it is: it is ended by itself.
func own(*exec.Cmd) {}
