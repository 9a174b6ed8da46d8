package doorpath_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/doorpath"
)

func TestSet(t *testing.T) {
	t.Parallel()
	set := doorpath.With("mine/", "//yours")
	for address, want := range map[string]bool{
		"/startChatContact": true, "//startChatContact/": true, "/start-chat": true, "/Prod": true, "/Prod/": true, "/": true, "": true,
		"/mine": true, "/yours/": true,
		"/startchatcontact": false, "/prod": false, "/Prod/x": false, "/other": false,
	} {
		if got := set.Has(address); got != want {
			t.Errorf("%q: %v", address, got)
		}
	}
}
