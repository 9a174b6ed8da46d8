package testreport_test

import (
	"encoding/xml"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/testreport"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func reports() []flowtest.Report {
	return []flowtest.Report{
		{Name: "Gold #1", File: "tests/gold.json", Verdict: flowtest.Passed, Took: 3 * time.Millisecond, Checks: []flowtest.Check{
			{ID: "hello", Verdict: flowtest.Passed, Seen: `"Hello <b>Ada</b>"`}, {ID: "later", Verdict: flowtest.Pending, Why: "it was not seen"},
		}},
		{Name: "Lost", File: "tests/lost.json", Verdict: flowtest.Failed, Why: "queued: it never happened", Checks: []flowtest.Check{
			{ID: "queued", Verdict: flowtest.Failed, Why: "it never happened"},
		}},
		{Name: "Broken\nname\x01", File: "tests/broken.json", Verdict: flowtest.Errored, Why: `its flow "x" is not here`, Checks: []flowtest.Check{}},
	}
}

func detail(r *flowtest.Report) string { return "The way:\n  of " + r.Name + "\n" }

func TestForms(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(*strings.Builder) error{
		"junit.xml": func(b *strings.Builder) error { return testreport.JUnit(b, reports(), detail) },
		"tap.txt":   func(b *strings.Builder) error { return testreport.TAP(b, reports(), detail) },
	} {
		var b strings.Builder
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		golden := "testdata/" + name
		if *update {
			if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if err := xml.Unmarshal([]byte(b.String()), new(struct{})); name == "junit.xml" && err != nil {
			t.Error(err)
		}
	}
}
