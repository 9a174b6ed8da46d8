package flowcheck_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/parley-chat/parley/internal/flowcheck"
)

// The log of every rule's cases is what the schema of SARIF 2.1.0 wants. testdata has the part of the
// schema that a log of a check is about, without its descriptions; members that are not in it are
// refused.
//
// Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json
func TestSARIF(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/sarif-2.1.0.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("sarif.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	var files []flowcheck.File
	cases := faulty()
	for _, id := range slices.Sorted(maps.Keys(cases)) {
		for _, content := range cases[id] {
			files = append(files, read("flows/a flow ä %.json", content))
		}
	}
	findings := check(files...)
	for i := range findings {
		findings[i].Line = i % 3
	}
	logged, err := json.Marshal(flowcheck.SARIF("v1.2.3", findings))
	if err != nil {
		t.Fatal(err)
	}
	validate := func(log []byte) error {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(log))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(value)
	}
	if err := validate(logged); err != nil {
		t.Error(err)
	}
	for from, to := range map[string]string{`"level":"error"`: `"level":"refused"`, `"startLine":1`: `"startLine":0`, `"results"`: `"result"`} {
		if validate(bytes.Replace(logged, []byte(from), []byte(to), 1)) == nil {
			t.Errorf("the schema takes %s for %s", to, from)
		}
	}
	var log struct {
		Runs []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Locations []struct {
					PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				}
			}
		}
	}
	if err := json.Unmarshal(logged, &log); err != nil || len(log.Runs[0].Results) != len(findings) {
		t.Fatal(err, len(log.Runs[0].Results))
	}
	for _, r := range log.Runs[0].Results {
		if log.Runs[0].Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || r.Locations[0].PhysicalLocation.ArtifactLocation.URI != "flows/a%20flow%20%C3%A4%20%25.json" {
			t.Errorf("%+v", r)
		}
	}
}
