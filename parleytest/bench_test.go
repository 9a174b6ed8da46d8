package parleytest_test

import (
	"testing"

	"github.com/parley-chat/parley/parleytest"
)

// BenchmarkStart is a server with one chat, from its start to its end.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		server := parleytest.Start(b)
		chat := server.StartChat(b, "Ada")
		server.EndChat(b, chat.ContactID)
		server.Close(b)
	}
}
