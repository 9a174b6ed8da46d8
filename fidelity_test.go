package parley_test

import (
	"bytes"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/connectserver"
	"github.com/parley-chat/parley/internal/fidelity"
	"github.com/parley-chat/parley/internal/frontdoor"
	"github.com/parley-chat/parley/internal/participant"
)

//go:generate go test -run TestFidelityPage . -update

var update = flag.Bool("update", false, "rewrite generated files")

const fidelityHead = `<!-- Generated from the registries in internal/connectserver, internal/participant and internal/frontdoor by go generate; do not edit. -->

# What the embedded Amazon Connect does, and where it comes from

| From | Means |
|---|---|
| model | the service model that AWS ships in its SDKs |
| documentation | AWS's public documentation |
| observed | what real clients were seen to send, to need, or to report of the service |
| guessed | our own judgement, where nothing is known |

"When strict" is what ` + "`--strict`" + ` turns on; without it, nothing is limited and any id will do.

`

// The page about fidelity says what the code's registries say.
func TestFidelityPage(t *testing.T) {
	t.Parallel()
	const page = "docs/fidelity.md"
	want := bytes.NewBufferString(fidelityHead)
	if err := fidelity.WriteMarkdown(want, slices.Concat(connectserver.Fidelity(), participant.Fidelity(), frontdoor.Fidelity())); err != nil {
		t.Fatal(err)
	}
	names := connectserver.Unemulated()
	slices.Sort(names)
	want.WriteString("## Not emulated\n\nThese operations of Amazon Connect answer 501 `NotImplemented` with their name:\n`" +
		strings.Join(names, "`,\n`") + "`.\n")
	if *update {
		if err := os.WriteFile(page, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("%s is out of date; run go generate ./... (-want +got):\n%s", page, diff)
	}
}
