// Package fidelity says where each thing the embedded Amazon Connect does comes from: AWS's
// service model, its documentation, what clients were seen to need, or a guess.
//
// The entries stand beside the code they describe, in the packages that emulate; this
// package owns their form and the page made of them, docs/fidelity.md. It knows no action
// and no protocol. Everything in it is safe for concurrent use.
package fidelity

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Source is where a behaviour comes from, strongest first.
type Source string

// Sources of behaviours.
const (
	// Model is the service model that AWS ships in its SDKs.
	Model Source = "model"
	// Documentation is AWS's public documentation.
	Documentation Source = "documentation"
	// Observed is what real clients were seen to send, to need, or to report of the service.
	Observed Source = "observed"
	// Guessed is our own judgement, where nothing is known.
	Guessed Source = "guessed"
)

// Entry is one action or behaviour of the embedded Amazon Connect.
type Entry struct {
	// Area groups entries on the page: "Amazon Connect API", "Participant Service".
	Area string
	// Name is the action or, in a few words, the behaviour.
	Name   string
	Source Source
	// Note says what differs from AWS or what was decided, in a sentence or a few; Markdown.
	// Empty where there is nothing to say.
	Note string
}

// WriteMarkdown writes one table per area, areas in the order they first appear and entries
// in the order they are given.
func WriteMarkdown(w io.Writer, entries []Entry) error {
	var areas []string
	for _, e := range entries {
		if !slices.Contains(areas, e.Area) {
			areas = append(areas, e.Area)
		}
	}
	var b strings.Builder
	for _, area := range areas {
		fmt.Fprintf(&b, "## %s\n\n| Action or behaviour | From | Notes |\n|---|---|---|\n", area)
		for _, e := range entries {
			if e.Area == area {
				fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(e.Name), e.Source, cell(e.Note))
			}
		}
		b.WriteString("\n")
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the fidelity tables: %w", err)
	}
	return nil
}

// cell keeps a text inside its table cell.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(text)
}
