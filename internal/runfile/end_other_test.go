//go:build !linux

package runfile_test

import "testing"

// awaitEnd leaves the waiting to the caller: nothing is tested of a child in between here.
func awaitEnd(*testing.T, int) {}
