package flowcheck_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowcheck"
	"github.com/parley-chat/parley/internal/lex"
)

// Every finding about bots has a rule here, and every rule something that finds it.
func TestBotRules(t *testing.T) {
	t.Parallel()
	want := []string{"bot-file", "bot-function"} // of the commands
	files, err := filepath.Glob("../lex/*.go")
	if err != nil {
		t.Fatal(err)
	}
	told := regexp.MustCompile(`\bc\.(?:broken|doubt)\(.*?, "([a-z-]+)", `)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(data), "\n") {
			if found := told.FindStringSubmatch(line); found != nil {
				want = append(want, "bot-"+found[1])
			}
		}
	}
	var have []string
	for _, rule := range flowcheck.Rules() {
		if strings.HasPrefix(rule.ID, "bot-") {
			have = append(have, rule.ID)
		}
	}
	slices.Sort(want)
	slices.Sort(have)
	if want = slices.Compact(want); !slices.Equal(want, have) || len(want) < 15 {
		t.Errorf("found: %v\nrules: %v", want, have)
	}
	found := check(flowcheck.File{Name: "b.zip", Findings: []flow.Finding{
		flowcheck.Bot(lex.Finding{Level: lex.Broken, Rule: "slot-type", File: "Slot.json", Text: "wrong"}), flowcheck.Bot(lex.Finding{Level: lex.Doubtful, Rule: "slot-type", Text: "any"}),
	}})
	if len(found) != 2 || found[0].Level != flow.Broken || found[0].Text != "Slot.json: wrong" || found[0].File != "b.zip" || found[1].Text != "any" || found[1].Page == "" {
		t.Errorf("%+v", found)
	}
}
