//go:build !unix

package inspect_test

import (
	"testing"
	"time"
)

// processTime is the time that has passed, where that of processors is not known.
func processTime(*testing.B) time.Duration { return time.Duration(time.Now().UnixNano()) }
