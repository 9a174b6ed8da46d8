package api

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
)

// A full disk is logged as what nobody expects is, and the caller is told what helps.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	cause, logged := fmt.Errorf("storing: %w", chat.ErrDiskFull), error(nil)
	p := problemOf(cause, func(err error) { logged = err })
	if p.Status != http.StatusInsufficientStorage || p.Code != "DiskFull" || p.Sentence != chat.DiskFullText || !errors.Is(logged, cause) {
		t.Errorf("got %d %s %q, logged %v", p.Status, p.Code, p.Sentence, logged)
	}
}
