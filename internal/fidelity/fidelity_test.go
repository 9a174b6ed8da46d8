package fidelity_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/fidelity"
)

func TestWriteMarkdown(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	err := fidelity.WriteMarkdown(&b, []fidelity.Entry{
		{Area: "B", Name: "Second", Source: fidelity.Guessed, Note: "a | b\nc"},
		{Area: "A", Name: "First", Source: fidelity.Model},
		{Area: "B", Name: "Third", Source: fidelity.Observed},
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `## B

| Action or behaviour | From | Notes |
|---|---|---|
| Second | guessed | a \| b c |
| Third | observed |  |

## A

| Action or behaviour | From | Notes |
|---|---|---|
| First | model |  |

`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("page (-want +got):\n%s", diff)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("full")

func TestWriteMarkdownFails(t *testing.T) {
	t.Parallel()
	if err := fidelity.WriteMarkdown(full{}, []fidelity.Entry{{Area: "A"}}); !errors.Is(err, errFull) {
		t.Errorf("got %v, want the writer's error", err)
	}
}
