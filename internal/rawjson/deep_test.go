package rawjson_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/rawjson"
)

func TestDeeper(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		``: false, `1`: false, `{"a":[1]}`: false, `[[[1]]]`: true, `{"a":{"b":{`: true, `[[],[],[]]`: false,
		`["[[[","\"[[["]`: false, `["\\",[[1]]]`: true, `]]][[[`: false,
	} {
		if got := rawjson.Deeper([]byte(text), 2); got != want {
			t.Errorf("Deeper(%s, 2) = %v", text, got)
		}
	}
}
