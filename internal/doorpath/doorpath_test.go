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
		"/connectwidget/api/w-1/start": true, "//connectwidget/api/w-1/start/": true,
		"/connectwidget/api/start": false, "/connectwidget/api//start": false, "/connectwidget/api/a/b/start": false,
		"/connectwidget/api/w-1": false, "/connectwidget/api/../start": false, "/x/connectwidget/api/w-1/start": false,
		"/startchatcontact": false, "/prod": false, "/Prod/x": false, "/other": false,
	} {
		if got := set.Has(address); got != want {
			t.Errorf("%q: %v", address, got)
		}
	}
}
