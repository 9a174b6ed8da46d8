package identity

import (
	"encoding/base64"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/rawjson"
)

// header returns the JOSE header of a token; nil when the token begins with none.
func header(token string) jsontext.Value {
	first, _, found := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(first)
	if !found || err != nil {
		return nil
	}
	return text
}

// checkHeader refuses a token whose header could be read in two ways: the libraries differ in
// which of two members of the same name they take (RFC 7515, section 4). What is no token at all
// is theirs to refuse.
func checkHeader(token string) error {
	if text := header(token); text.Kind() == '{' && !text.IsValid() {
		return errRepeated
	}
	return nil
}

// typeOf returns what kind of token the header says it is, without the prefix that it may have
// (RFC 7515, section 4.1.9); empty when it says nothing. The header has been checked.
func typeOf(token string) string {
	text := header(token)
	if text.Kind() != '{' {
		return ""
	}
	for name, value := range rawjson.Members(text) {
		if name != "typ" {
			continue
		}
		if value.Kind() != '"' {
			return "?" // no kind that is known
		}
		kind := rawjson.Text(value)
		if prefix, rest, found := strings.Cut(kind, "/"); found && strings.EqualFold(prefix, "application") {
			return rest
		}
		return kind
	}
	return ""
}
