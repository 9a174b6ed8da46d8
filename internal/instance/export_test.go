package instance_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/hours"
	"github.com/parley-chat/parley/internal/instance"
)

// Queues and hours that were created are written as the configuration has them, with the names of all ids;
// versions of modules that flows call, by number or alias, are modules of their own, and what is not there
// any more, or cannot be said, is told.
func TestRowI154Export(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	given := instance.Given{
		Hours:  []instance.Item[instance.Hours]{{ID: "h", Name: "Weekend", Is: instance.Hours{Plan: hours.Plan{Week: []hours.Times{{Day: time.Saturday, Span: hours.Span{From: 600, To: 720}}}}}}},
		Queues: []instance.Item[instance.Queue]{{ID: "q", Name: "BasicQueue", Is: instance.Queue{HoursID: "h"}}},
	}
	k := open(t, instance.Config{Store: &shelf{}, Given: given, Now: func() time.Time {
		now = now.Add(time.Second) // what was created first comes first
		return now
	}})
	office, err := k.Hours.Create(t.Context(), instance.Item[instance.Hours]{Name: "Office", Is: instance.Hours{
		Plan:      hours.Plan{Zone: "Europe/Berlin", Week: []hours.Times{{Day: time.Monday, Span: hours.Span{From: 540, To: 1050}}}},
		Overrides: []instance.Override{{Override: hours.Override{First: "2026-12-24", Last: "2026-12-26"}}, {Override: hours.Override{First: "2040-01-01", Last: "2040-01-01"}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	most, none := 7, 0
	ids := []string{office.ID}
	for _, q := range []instance.Item[instance.Queue]{
		{Name: "Sales", Is: instance.Queue{HoursID: office.ID, MaxContacts: &most}},
		{Name: "Late", Is: instance.Queue{HoursID: "h", Disabled: true}},
		{Name: "Nobody", Is: instance.Queue{HoursID: "h", MaxContacts: &none}},
	} {
		one, err := k.Queues.Create(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, one.ID)
	}
	says := func(text string) string {
		return `{"Version":"2019-10-30","StartAction":"s","Settings":{},"Actions":[{"Identifier":"s","Type":"MessageParticipant","Parameters":{"Text":"` + text + `"},"Transitions":{"NextAction":"e","Errors":[{"NextAction":"e","ErrorType":"NoMatchingError"}]}},{"Identifier":"e","Type":"EndFlowModuleExecution","Parameters":{},"Transitions":{}}]}`
	}
	module, err := k.Create(t.Context(), instance.Flow{
		Kind: flow.Module, Name: "Words", Published: says("third"), Versions: []instance.Version{{Number: 1, Content: says("first")}, {Number: 2, Content: says("second")}},
		Aliases: []instance.Alias{{ID: "a-1", Name: "live", Version: 2}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for i, version := range []string{"", ":1", ":live", ":a-1", ":9", ":$LATEST"} {
		next := `"b` + string(rune('1'+i)) + `"`
		blocks = append(blocks, `{"Identifier":"b`+string(rune('0'+i))+`","Type":"InvokeFlowModule","Parameters":{"FlowModuleId":"`+module.ID+version+`"},"Transitions":{"NextAction":`+next+`,"Errors":[{"NextAction":`+next+`,"ErrorType":"NoMatchingError"}]}}`)
	}
	blocks = append(blocks, `{"Identifier":"b6","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}`)
	main, err := k.Create(t.Context(), instance.Flow{Kind: flow.Inbound, Name: "Main", Published: `{"Version":"2019-10-30","StartAction":"b0","Metadata":{},"Actions":[` + strings.Join(blocks, ",") + `]}`})
	if err != nil {
		t.Fatal(err)
	}
	files, notes, err := k.Export()
	if err != nil {
		t.Fatal(err)
	}
	content := map[string]string{}
	for _, f := range files {
		content[f.Path] = string(f.Content)
	}
	for file, text := range map[string]string{"Words": "third", "Words (version 1)": "first", "Words (version 2)": "second"} {
		if !strings.Contains(content["flows/"+file+".json"], `"Text": "`+text+`"`) || !strings.Contains(content["flows/"+file+".json"], `"name": "`+file+`"`) {
			t.Errorf("%s: %s", file, content["flows/"+file+".json"])
		}
	}
	if n := strings.Count(content["flows/Main.json"], `"Words (version 2)"`); n != 2 || len(files) != 5 {
		t.Errorf("%d blocks are shown with the second version, %d files: %s", n, len(files), content["flows/Main.json"])
	}
	names := map[string]string{
		"HOURS": ids[0], "SALES": ids[1], "LATE": ids[2], "NOBODY": ids[3], "MODULE": module.ID, "MAIN": main.ID,
	}
	got := content["parley.yaml"]
	for name, id := range names {
		got = strings.ReplaceAll(got, id, name)
	}
	lines := strings.Split(got, "\n")
	at := slices.Index(lines, "names:") + 1
	slices.Sort(lines[at : len(lines)-1]) // ids differ from run to run
	const want = `# What was deployed to a running server, for a server that is started in this folder.
# Main calls version 9 of the module Words, which is not there any more
# the hours Office have dates with other times before today or after 2 years, which are left out
# the queue Late is disabled, which a configured queue cannot be
# the queue Nobody takes no contact, which a configured queue cannot say
queues:
  Late:
    hours: Weekend
  Nobody:
    hours: Weekend
  Sales:
    hours: Office
    capacity: "7"
hours:
  Office:
    zone: Europe/Berlin
    open:
      - Mon 9:00-17:30
    overrides:
      - 2026-12-24..2026-12-26 closed
  Weekend:
    open:
      - Sat 10:00-12:00
names:
  '*HOURS': Office
  '*LATE': Late
  '*MAIN': Main
  '*MODULE': Words
  '*MODULE:1': Words (version 1)
  '*MODULE:2': Words (version 2)
  '*MODULE:a-1': Words (version 2)
  '*MODULE:live': Words (version 2)
  '*NOBODY': Nobody
  '*SALES': Sales
`
	if diff := cmp.Diff(want, strings.Join(lines, "\n")); diff != "" || len(notes) != 4 {
		t.Errorf("%q (-want +got):\n%s", notes, diff)
	}
}
