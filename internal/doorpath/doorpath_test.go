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

func TestB4Near(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"/startChat": true, "/startchatcontact": true, "/prod/startChatContact": true, "/start_chat_contact/": true, "/prod": true,
		"/startChatContact/v1": true, "/chat-start": true,
		"/": false, "/participant/message": false, "/api/status": false, "/chat": false, "/production": false, "/restart": false,
	} {
		if got := doorpath.Near(address); got != want {
			t.Errorf("%q: %v", address, got)
		}
	}
}
