//go:build !unix

package cli

import (
	"errors"
	"os"
)

// restartSignals returns a channel that never gets a value: there is no such signal here.
func restartSignals() (<-chan os.Signal, func()) { return nil, func() {} }

// replaceProcess is not possible here.
func replaceProcess(*os.File, []string) error { return errors.ErrUnsupported }
