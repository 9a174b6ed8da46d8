package rawjson

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/excerpt"
)

// longestName is how many characters of a member's path are repeated.
const longestName = 64

// HalfCharacter looks for half of a surrogate pair, such as \ud83d, in a text that is valid JSON
// but for that, and returns the path of its member ("ParticipantDetails.DisplayName") and a
// sentence that says what is wrong, empty when it is something else. Pages that cut a text by its
// UTF-16 index leave such a half behind, and JSON.stringify writes it as an escape
// (https://tc39.es/ecma262/#sec-quotejsonstring).
func HalfCharacter(text []byte) (member, sentence string) {
	_, err := jsontext.NewDecoder(bytes.NewReader(text)).ReadValue()
	broken, ok := errors.AsType[*jsontext.SyntacticError](err)
	if !ok || !utf8.Valid(text) || !jsontext.Value(text).IsValid(jsontext.AllowInvalidUTF8(true)) {
		return "", ""
	}
	member = excerpt.Of(Path(broken.JSONPointer), longestName)
	subject := member
	if subject == "" {
		subject = "A text"
	}
	return member, subject + " holds half a character, a lone surrogate: the text was cut inside a surrogate pair, as by slice(0, 256)."
}
