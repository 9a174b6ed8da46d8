package chat_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
)

func TestAttributes(t *testing.T) {
	t.Parallel()
	for name, values := range map[string]map[string]string{
		"none": nil, "empty": {}, "one": {"customerName": "Ana"}, "several": {"c": "3", "": "0", "a": "1", "b": ""},
	} {
		if diff := cmp.Diff(values, chat.AttributesOf(values).Map()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	want := chat.Attributes{{Key: "a", Value: "2"}, {Key: "b", Value: "1"}}
	for range 8 { // in which a map has its order by chance
		if diff := cmp.Diff(want, chat.AttributesOf(map[string]string{"b": "1", "a": "2"})); diff != "" {
			t.Fatal(diff)
		}
	}
	if size := (chat.Attributes{{Key: "ä", Value: "12"}, {Key: "b", Value: ""}}).Size(); size != 5 {
		t.Errorf("they count for %d bytes", size)
	}
}
