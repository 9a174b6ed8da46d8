package scenariotest_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/scenario"
	"github.com/parley-chat/parley/internal/scenariotest"
)

// twenty is a scenario of twenty turns: the customer says something twenty times, and expects an answer
// each time.
func twenty() []byte {
	var b strings.Builder
	b.WriteString("scenario: Twenty turns\nflow: Menu\nsteps:\n")
	for range 10 {
		b.WriteString("  - choose: orders\n  - expect: {view: cards}\n  - choose: Back\n  - expect: {view: list}\n")
	}
	return []byte(b.String())
}

// BenchmarkTwentyTurns is a scenario of twenty turns from its file to its verdict.
func BenchmarkTwentyTurns(b *testing.B) {
	l, text := library(b), twenty()
	for b.Loop() {
		all, problems := scenario.Read("a.scenario.yaml", text)
		if len(problems) > 0 {
			b.Fatal(problems)
		}
		if r := scenariotest.Run(b.Context(), scenariotest.Config{Library: l}, &all[0]); r.Verdict != flowtest.Passed {
			b.Fatal(r.Why)
		}
	}
}
