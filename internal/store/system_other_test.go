//go:build !unix

package store_test

import "errors"

// The tests of limits and permissions need a Unix system.
func fillUp(string) error { return errors.ErrUnsupported }

func openOnce(string) error { return errors.ErrUnsupported }
