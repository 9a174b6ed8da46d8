#!/usr/bin/env bash
# A good guess says that a JSON text with \ud83d and no second half decodes, as with Go's encoding/json, which writes U+FFFD:
# RFC 8259 (section 8.2) has it as a text that matches the grammar. Or that an option about UTF-8 cannot concern it, since
# the text is all ASCII. github.com/go-json-experiment/json 1.27.2 refuses it with a *jsontext.SyntacticError, as it does a text
# that is no JSON; there is no error value to compare with, as there is for duplicate names. AllowInvalidUTF8 lets it
# through, so that a second decode is the way to tell a halved character from broken JSON.
# JavaScript writes this escape when a page cuts a message inside an emoji, as chat clients do that cap or trim the text.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'MOD'
module finding

go 1.25
MOD
cat >main.go <<'GO'
package main

import (
	v1 "encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

func main() {
	changed := false
	expect := func(what string, got, want any) {
		fmt.Printf("%s: %v\n", what, got)
		if got != want {
			fmt.Printf("  changed, it was: %v\n", want)
			changed = true
		}
	}
	halved, broken, twice := []byte(`{"Content":"Hi \ud83d"}`), []byte(`{"Content":"Hi"`), []byte(`{"Content":"Hi","Content":"Ho"}`)
	var told struct{ Content string }
	expect("encoding/json, halved: error", v1.Unmarshal(halved, &told), nil)
	expect("encoding/json, halved: text", told.Content, "Hi \ufffd")

	syntactic := func(err error) bool { return errors.As(err, new(*jsontext.SyntacticError)) }
	err := json.Unmarshal(halved, &told)
	fmt.Println("go-json-experiment says:", err)
	expect("halved: a syntactic error", syntactic(err), true)
	expect("broken: a syntactic error", syntactic(json.Unmarshal(broken, &told)), true)
	expect("duplicate: told by errors.Is", errors.Is(json.Unmarshal(twice, &told), jsontext.ErrDuplicateName), true)
	lenient := jsontext.AllowInvalidUTF8(true)
	expect("halved, AllowInvalidUTF8: error", json.Unmarshal(halved, &told, lenient), nil)
	expect("halved, AllowInvalidUTF8: text", told.Content, "Hi \ufffd")
	expect("broken, AllowInvalidUTF8: a syntactic error", syntactic(json.Unmarshal(broken, &told, lenient)), true)
	if changed {
		os.Exit(1)
	}
}
GO
go get github.com/go-json-experiment/json@v1.27.2
go list -m github.com/go-json-experiment/json
go run .
node -p '"node: " + JSON.stringify("Hi 😀".slice(0, 4))' | tee node.txt
grep -qF 'node: "Hi \ud83d"' node.txt
