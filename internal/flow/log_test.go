package flow

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// The flow log has the form that Amazon Connect's has.
func TestTraceLog(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/log/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no logs: %v", err)
	}
	at := time.Date(2026, 3, 4, 5, 6, 7, 89e6, time.UTC)
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s := scenario{programs: map[string]*Program{}}
		for i := range archive.Files {
			part := &archive.Files[i]
			switch part.Name {
			case "flow main":
				s.first = s.compile(t, "main", string(part.Data))
				s.programs["main"] = s.first
			case "events":
				s.play(t, string(part.Data))
			case "log":
				var got strings.Builder
				for _, row := range s.rows {
					row.FlowARN = "arn:aws:connect:us-east-1:111122223333:instance/i/contact-flow/" + row.Flow
					for _, entry := range row.Log(at) {
						line, err := json.Marshal(entry)
						if err != nil {
							t.Fatal(err)
						}
						got.Write(append(line, '\n'))
					}
				}
				if *update {
					part.Data = []byte(got.String())
					if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
						t.Fatal(err)
					}
				} else if got.String() != string(part.Data) {
					t.Errorf("%s:\n%s\ninstead of\n%s", file, got.String(), part.Data)
				}
			}
		}
	}
}

// The log calls blocks what the older export calls them.
func TestTraceLogNames(t *testing.T) {
	t.Parallel()
	for _, known := range Types() {
		for _, parameters := range []map[string]any{
			nil, {"StoreInput": "True"}, {"MetricType": "NumberOfAgentsStaffed"}, {"MediaStreamingState": "Enabled"},
		} {
			row := Trace{Type: known.Name, Parameters: parameters}
			module := row.logRule().module
			if module == known.Name {
				continue
			}
			reached := false
			for _, target := range []string{"", "Lex", "Flow", "PhoneNumber"} {
				for _, queueFlow := range []bool{false, true} {
					m := &conversion{legacyModule: &legacyModule{Type: module, Target: target}, queueFlow: queueFlow, parameters: map[string]any{}, shown: map[string]any{}}
					reached = reached || m.rule().to == known.Name
				}
			}
			if !reached {
				t.Errorf("the log calls %s %s, which the older export does not have for it", known.Name, module)
			}
		}
	}
}
