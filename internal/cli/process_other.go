//go:build !unix

package cli

import (
	"errors"
	"os"
)

// restartSignals returns a channel that never gets a value: there is no such signal here.
func restartSignals() (<-chan os.Signal, func()) { return nil, func() {} }

// surviveClosedOutput has nothing to do: there is no signal for a broken pipe here.
func surviveClosedOutput() {}

// replaceProcess is not possible here.
func replaceProcess([]*os.File, []string) error { return errors.ErrUnsupported }

// listenForKeys reports that the terminal may always be read.
func listenForKeys() bool { return true }
