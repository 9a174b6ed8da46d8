package rawjson_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/rawjson"
)

// Half a character is found where it stands, and nothing else is taken for one.
func TestHalfCharacter(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"a":{"b":"x\ud83d"}}`: "a.b", `{"b":"\ud83dx"}`: "b", `{"b":"\udc00"}`: "b", `{"a":["\ud83d\ude00","\ud83d\ud83d\ude00"]}`: "a.1",
		`{"\ud83d":1}`: "", `"\ud83d"`: "",
	} {
		member, sentence := rawjson.HalfCharacter([]byte(text))
		if member != want || sentence == "" {
			t.Errorf("%s: %q, %q", text, member, sentence)
		}
	}
	for _, text := range []string{
		``, `{}`, `{"a":"\ud83d\ude00"}`, `{"a":"\ud83d"`, `{"a":"\ud83d\u00"}`, `{"a":"\ud83d","a":1}`, "{\"a\":\"\\ud83d\xff\"}", "\"\xed\xa0\x80\"",
		`{"a":'\ud83d'}`, `{"a":"\ud83d"}}`,
	} {
		if member, sentence := rawjson.HalfCharacter([]byte(text)); sentence != "" {
			t.Errorf("%s: %q, %q", text, member, sentence)
		}
	}
}
