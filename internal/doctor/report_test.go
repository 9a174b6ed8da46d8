package doctor_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/doctor"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestReportForms(t *testing.T) {
	t.Parallel()
	report := doctor.Report{Checks: []doctor.Check{
		{ID: "program", Title: "Program", Status: doctor.OK, Detail: "v1.0.0", Duration: 1500 * time.Microsecond},
		{ID: "configuration", Title: "Configuration", Status: doctor.OK, Detail: "addr: 127.0.0.1:0 (--addr)\nregion: us-west-2 (--region)"},
		{ID: "clock", Title: "Clock", Status: doctor.Warn, Detail: "2m0s behind AWS", Remedy: "Set the clock."},
		{ID: "instance", Title: "Instance", Status: doctor.Fail, Detail: "an alias with \x1b[31mcolour\a <b>", Remedy: "Add this:\n{\n  \"Effect\": \"Allow\"\n}", Duration: 12 * time.Millisecond},
		{ID: "contact-flow", Title: "Contact flow", Status: doctor.Skip, Detail: "not checked, because Instance failed"},
	}}
	var text, color, json bytes.Buffer
	for _, err := range []error{report.WriteText(&text, false), report.WriteText(&color, true), report.WriteJSON(&json)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "forms.txt", text.Bytes())
	golden(t, "forms-color.txt", color.Bytes())
	golden(t, "forms.json", json.Bytes())
}

// The whole of what a user sees, with times and ports made equal.
func TestGolden(t *testing.T) {
	t.Parallel()
	good := newScene(t, account())
	bad := newScene(t, account())
	bad.config.ContactFlowID, bad.config.InstanceID = instanceID, flowID
	refused := newScene(t, account())
	for _, operation := range []string{"DescribeInstance", "DescribeContactFlow", "ListApprovedOrigins", "SimulatePrincipalPolicy"} {
		refused.fake.Script(denied(operation))
	}
	for name, s := range map[string]*scene{"good": good, "swapped": bad, "denied": refused} {
		report := s.run(t)
		var text, json bytes.Buffer
		if err := report.WriteText(&text, false); err != nil {
			t.Fatal(err)
		}
		if err := report.WriteJSON(&json); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".txt", steady(text.Bytes()))
		golden(t, name+".json", steady(json.Bytes()))
	}
	var text bytes.Buffer
	report := doctor.Run(t.Context(), doctor.Config{Program: "v1.0.0", Addr: "127.0.0.1:0", Embedded: newEmulator(t)})
	if err := report.WriteText(&text, false); err != nil {
		t.Fatal(err)
	}
	golden(t, "embedded.txt", text.Bytes())
}

func steady(text []byte) []byte {
	for pattern, replacement := range map[string]string{
		`127\.0\.0\.1:[1-9]\d*`:         "127.0.0.1:PORT",
		`(connection|answer) [\d.]+.?s`: "$1 TIME",
		`"durationMs": \d+`:             `"durationMs": 0`,
	} {
		text = regexp.MustCompile(pattern).ReplaceAll(text, []byte(replacement))
	}
	return text
}
