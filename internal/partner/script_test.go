package partner_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/interactive"
	"github.com/parley-chat/parley/internal/partner"
	"github.com/parley-chat/parley/internal/transcript"
)

const wholeScript = `name: Ann
count: 2
capacity: 5
queues: [Default, Sales]
typing: 1s
greeting:
  - Hello {customer}!
  - {reply: "You have {attribute.tier}.", typing: false}
rules:
  - match: [hi, "Good morning"]
    reply: [One., Two.]
  - contains: refund
    delay: 2s
    transfer: Billing
  - regexp: '(?i)order (?P<number>\d+)'
    reply: "**{number}** {1} {unknown}"
    contentType: text/markdown
    interactive: quick
    typing: 500ms
  - match: choose
    interactive:
      templateType: Panel
      version: "1.0"
      data: {content: {title: Pick, elements: [{title: Red}, {title: Blue}]}}
  - match: Blue
    reply: A fine colour.
  - match: file
    attachment: {name: note.txt, content: Thank you.}
  - event: attachment
    reply: I have {file}.
  - match: bye
    do: [{reply: Goodbye!}, {delay: 1s}, {end: true}]
  - reply: "Pardon? {message}"
`

func parse(t *testing.T, text string) *partner.Script {
	t.Helper()
	script, err := partner.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return script
}

func TestScript(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, parse(t, wholeScript).Agents())
		if a, err := r.desk.Agent("Ann 2"); err != nil || a.Capacity != 5 || !a.Scripted {
			t.Errorf("%+v, %v", a, err)
		}
		pat := r.arrive(chat.StartRequest{
			Attributes: map[string]string{"tier": "gold {customer}"}, ContentTypes: []string{transcript.TextMarkdown, transcript.Interactive},
		})
		pass(time.Second)
		if diff := cmp.Diff([]string{"joined", "typing", "plain: Hello Pat!", "plain: You have gold {customer}."}, pat.heard()); diff != "" {
			t.Error(diff)
		}
		for _, c := range []struct {
			say   string
			takes time.Duration
			want  []string
		}{
			{" HI ", 2 * time.Second, []string{"read", "typing", "plain: One.", "typing", "plain: Two."}},
			{"anything", time.Second, []string{"read", "typing", "plain: Pardon? anything"}},
			{"my Order 66?", time.Second, []string{"read", "typing", "markdown: **66** 66 {unknown}", "typing", "interactive: …Did this help?"}},
			{"choose", time.Second, []string{"read", "typing", "interactive: …Pick"}},
			{"Blue", time.Second, []string{"read", "typing", "plain: A fine colour."}},
			{"file", time.Second, []string{"read", ""}},
			{"a refund, please", 2 * time.Second, []string{"read", "left", "succeeded"}},
		} {
			pat.say(c.say)
			pass(c.takes)
			got := pat.heard()
			for i, line := range got {
				if content, ok := strings.CutPrefix(line, "interactive: "); ok {
					got[i] = "interactive: …" + titleOf(t, content)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%q: %s", c.say, diff)
			}
		}
		if content := r.sentFile(pat.contactID); content != "Thank you." {
			t.Errorf("the attachment holds %q", content)
		}
		if !slices.Equal(r.waiting("Billing"), []string{pat.contactID}) {
			t.Errorf("waiting %q", r.waiting("Billing"))
		}
		plain := r.arrive(chat.StartRequest{})
		pass(2 * time.Second)
		plain.heard()
		plain.say("choose")
		pass(time.Second)
		if diff := cmp.Diff([]string{"read", "typing", "plain: Pick\n- Red\n- Blue"}, plain.heard()); diff != "" {
			t.Error(diff)
		}
		plain.say("bye")
		pass(2 * time.Second)
		if diff := cmp.Diff([]string{"read", "typing", "plain: Goodbye!", "left", "ended"}, plain.heard()); diff != "" {
			t.Error(diff)
		}
	})
}

func titleOf(t *testing.T, content string) string {
	t.Helper()
	var template struct {
		Data struct{ Content struct{ Title string } }
	}
	if err := json.Unmarshal([]byte(content), &template); err != nil {
		t.Fatalf("%s: %v", content, err)
	}
	return template.Data.Content.Title
}

// A script that another one follows talks on in the chats of its agent.
func TestScriptIsReplaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, parse(t, "name: Bot\ntyping: false\nrules: [{reply: one}]").Agents())
		pat := r.arrive(chat.StartRequest{})
		pat.say("x")
		pass(time.Second)
		r.add(parse(t, "name: Bot\ntyping: false\nrules: [{match: x, reply: two}, {match: over, transfer: Ann}]").Agents())
		pat.say("x")
		pass(time.Second)
		if diff := cmp.Diff([]string{"one", "two"}, r.said(pat.contactID)); diff != "" {
			t.Error(diff)
		}
		r.add(desk.AgentConfig{Name: "Ann"})
		pat.say("over")
		pass(time.Second)
		if got := r.holds("Ann"); !slices.Equal(got, []string{pat.contactID}) {
			t.Errorf("Ann has %q", got)
		}
	})
}

func TestScriptMistakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"nothing":           {"", []string{"1: the script is empty"}},
		"no mapping":        {"- a", []string{"1: a script is not a mapping"}},
		"no name":           {"rules: []", []string{"1: the script has no name"}},
		"an empty name":     {"name: ''", []string{"1: the name of the agent is empty", "1: the script has no name"}},
		"no YAML":           {"name: [", []string{"1: it is not YAML: did not find expected node content"}},
		"two documents":     {"name: a\n---\nname: b", []string{"1: the script has more than one document"}},
		"an alias":          {"name: &a x\nqueues: *a", []string{"1: anchors and aliases are not read", "2: anchors and aliases are not read"}},
		"an unknown member": {"name: a\nrules:\n  - mtach: b\n    reply: c", []string{`3: an action has no member "mtach"`}},
		"twice":             {"name: a\nname: b", []string{`2: a script has "name" twice`}},
		"numbers":           {"name: a\ncount: 0\ncapacity: x", []string{"2: it is not a whole number from 1 to 10000", "3: it is not a whole number from 0 to 1048576"}},
		"times": {
			"name: a\ntyping: 5\ngreeting: {delay: -1s}",
			[]string{"2: it is not a time like 500ms or 2s, of at most 1h0m0s", "3: it is not a time like 500ms or 2s, of at most 1h0m0s"},
		},
		"a regexp":        {"name: a\nrules:\n  - regexp: '('\n    reply: b\n  - reply: c", []string{"3: missing closing ): `(`"}},
		"two conditions":  {"name: a\nrules: [{match: b, contains: c, reply: d}]", []string{"2: a rule has one of match, contains, regexp and event"}},
		"never":           {"name: a\nrules:\n- reply: b\n- match: c\n  reply: d", []string{"3: the rules after this one never answer: it matches whatever is said"}},
		"an event":        {"name: a\nrules: [{event: birth, reply: b}]", []string{`2: event is "attachment", not "birth"`}},
		"no text":         {"name: a\ngreeting: [{reply: []}, {reply: ''}, {reply: {}}, {reply: ~}]", []string{"2: the list is empty", "2: the text is empty", "2: it is not a text", "2: it is not a text"}},
		"a list of lists": {"name: a\ngreeting: [[b]]", []string{"2: an action is not a list"}},
		"a content type":  {"name: a\ngreeting: {reply: b, contentType: text/html}", []string{"2: contentType is text/plain, text/markdown or application/json"}},
		"a sample":        {"name: a\ngreeting: {interactive: pie}", []string{`2: interactive is a template or one of list, pages, links, panel, quick, carousel, pickers, time, view, not "pie"`}},
		"a template": {
			"name: a\ngreeting: {interactive: {templateType: Panel, data: {content: {}}}}", []string{
				"2: interactive: version is missing, which the iOS and Android SDKs need.", "2: interactive: data.content.title is missing.",
				"2: interactive: data.content.elements must have at least 1, but has 0.",
			},
		},
		"attachments": {
			"name: a\ngreeting:\n- attachment: {content: b}\n- attachment: {name: b}\n- attachment: {name: b, base64: '!'}\n- attachment: c",
			[]string{
				"3: an attachment has a name", "4: an attachment has one of content and base64, and it is not empty", "5: base64 is not base64",
				"5: an attachment has one of content and base64, and it is not empty", "6: an attachment is not a mapping",
			},
		},
		"end and transfer": {"name: a\ngreeting: {end: true, transfer: b}", []string{"2: a chat that is transferred cannot be ended by who transferred it"}},
		"no truth":         {"name: a\ngreeting: {end: yes}", []string{"2: it is neither true nor false"}},
		"no list":          {"name: a\nrules: {reply: b}\ngreeting: {do: c}", []string{"3: do is not a list of actions", "2: rules is not a list"}},
		"too long":         {"name: a\n#" + strings.Repeat("x", 256<<10), []string{"1: the script has 262153 bytes, and may have 262144"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := partner.Parse("f.yaml", []byte(c.text))
			if _, ok := errors.AsType[*partner.ParseError](err); !ok {
				t.Fatalf("got %v", err)
			}
			var got []string
			for line := range strings.Lines(err.Error()) {
				got = append(got, strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "f.yaml:"))
			}
			slices.Sort(got)
			slices.Sort(c.want)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Whatever a script is, reading it ends, and what it says is wrong has a place.
func FuzzParse(f *testing.F) {
	f.Add([]byte(wholeScript))
	f.Add([]byte("name: a\nrules: [{do: [{do: [{end: true}]}]}]"))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("name: a\ngreeting: {interactive: {? [a] : b, <<: {c: .nan}}}"))
	f.Add([]byte("? {a: b}\n: c"))
	f.Fuzz(func(t *testing.T, text []byte) {
		script, err := partner.Parse("f", text)
		if err != nil {
			if mistake, ok := errors.AsType[*partner.ParseError](err); !ok || mistake.Line < 1 || mistake.Text == "" {
				t.Errorf("%#v", err)
			}
			return
		}
		if cfg := script.Agents(); cfg.Name == "" || cfg.Count < 1 || cfg.Capacity < 0 || cfg.Partner == nil {
			t.Errorf("%+v", cfg)
		}
	})
}

func TestGallery(t *testing.T) {
	t.Parallel()
	gallery, err := partner.Gallery(time.Now(), "http://127.0.0.1:3000/console")
	if err != nil {
		t.Fatal(err)
	}
	kinds, names := map[string]bool{}, map[string]bool{}
	for _, s := range gallery {
		for _, finding := range interactive.Check(string(s.Example)) {
			if finding.Level > interactive.Note {
				t.Errorf("%s: %s", s.Name, finding)
			}
		}
		if s.Title == "" || s.Description == "" || names[s.Name] {
			t.Errorf("%+v", s)
		}
		kinds[s.TemplateType], names[s.Name] = true, true
	}
	for _, kind := range []string{"ListPicker", "Panel", "QuickReply", "Carousel", "TimePicker", "ViewResource"} {
		if !kinds[kind] {
			t.Errorf("there is no %s", kind)
		}
	}
}

// A script signs the customer in, under the name that it heard; the desk and later replies have it.
func TestRowA16ScriptSignsIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		r.add(parse(t, "name: Bot\ntyping: false\nrules: [{regexp: 'I am (.+)', signedIn: '{1}'}, {reply: 'Yes, {customer}.'}]").Agents())
		pat := r.arrive(chat.StartRequest{})
		if _, err := r.chats.BeginAuthentication(t.Context(), pat.contactID); err != nil {
			t.Fatal(err)
		}
		pat.say("I am Ada Lovelace")
		pass(time.Second)
		pat.say("really?")
		pass(time.Second)
		if diff := cmp.Diff([]string{"joined", "initiated", "read", "succeeded", "read", "plain: Yes, Ada Lovelace."}, pat.heard()); diff != "" {
			t.Error(diff)
		}
		agent, err := r.desk.Agent("Bot")
		if err != nil || agent.Contacts[0].Customer != "Ada Lovelace" {
			t.Errorf("%+v, %v", agent, err)
		}
	})
}
