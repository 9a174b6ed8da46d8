package lexfile_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/lex"
	"github.com/parley-chat/parley/internal/lexfile"
)

// zipped is a folder as an archive, below another folder.
func zipped(t *testing.T, dir string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		f, err := w.Create("top/" + name)
		if err == nil {
			_, err = f.Write(append([]byte("\xef\xbb\xbf"), data...))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	noise, _ := w.Create("__MACOSX/top/._Bot.json")
	_, _ = noise.Write([]byte("noise"))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What can only be meant as a bot is told from flows, tests and what may be anything.
func TestIs(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"a.zip": "PK\x03\x04", "b.yaml": "bot: b\n", "c.yml": "# c\nintents:\n", "t.yaml": "Resources:\n  B: {Type: AWS::Lex::Bot}\n",
		"no.zip": "no", "no.yaml": "scenario: x\nanswers:\n  - {bot: b, intent: i}\n", "nor.yaml": "bots: {}\n", "flow.json": `{"Actions":[]}`, "zip.json": "PK",
	} {
		name = filepath.Join(folder, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if base := filepath.Base(name); lexfile.Is(name) != (len(strings.TrimSuffix(base, filepath.Ext(base))) == 1) {
			t.Errorf("%s: %v", base, lexfile.Is(name))
		}
	}
	for name, want := range map[string]bool{
		"testdata/airline-italian": true, "testdata/cfn-flan-fallback": false, folder: false, filepath.Join(folder, "away.zip"): false,
	} {
		if lexfile.Is(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

// Every real bot is read, as a folder and as an archive, with its locales, intents and slots.
func TestRowPoint2RealBots(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct{ locales, intents, slots int }{
		"interactive-messages": {1, 2, 6}, "reminder-conditions": {1, 3, 2}, "airline-cancellation": {1, 2, 5}, "acme-two-locales": {2, 6, 0},
		"blogbot-korean": {2, 6, 10}, "airline-italian": {2, 20, 30}, "cfn-flan-fallback": {1, 2, 0}, "cfn-qinconnect-ja": {1, 2, 0},
	} {
		bot, findings, err := lexfile.Open(filepath.Join("testdata", name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, f := range findings {
			if f.Level == lex.Broken {
				t.Errorf("%s: %v", name, f)
			}
		}
		got := want
		got.locales, got.intents, got.slots = len(bot.Locales), 0, 0
		for _, l := range bot.Locales {
			got.intents += len(l.Intents)
			for _, i := range l.Intents {
				got.slots += len(i.Slots)
			}
		}
		if got != want || bot.Name == "" {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
		again, _, err := lexfile.Read("bot.zip", zipped(t, filepath.Join("testdata", name)))
		if err != nil || len(again.Locales) != want.locales || again.Name != bot.Name {
			t.Errorf("%s as an archive: %v", name, err)
		}
	}
	bot, _, _ := lexfile.Open("testdata/cfn-flan-fallback/template.json")
	if got := bot.Aliases[0].Functions["en_US"]; got != "SMJumpstartFlanT5LambdaHookStack:LambdaHookFunctionArn" {
		t.Errorf("the function is %q", got)
	}
	if bot, _, _ = lexfile.Open("testdata/acme-two-locales"); len(bot.Aliases) != 2 || bot.Aliases[0].ID != "6D2PWJ4ZZP" || bot.ID != "RRR1QBJYLY" {
		t.Errorf("aliases %+v", bot.Aliases)
	}
}

func TestRowPoint2RefusedFiles(t *testing.T) {
	t.Parallel()
	pack := func(name string, flags uint16, data string) []byte {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Flags: flags, Method: zip.Deflate})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.Write([]byte(data))
		_ = w.Close()
		return out.Bytes()
	}
	intent := func(members string) string {
		return `{"name":"Book","sampleUtterances":[{"utterance":"book it"}]` + members + `}`
	}
	for name, c := range map[string]struct {
		file       string
		data       []byte
		want, next string
	}{
		"leads out":    {"b.zip", pack("../Bot.json", 0, "{}"), `a file "../Bot.json", which leads out of it`, "as Lex exported it"},
		"leads out 2":  {"b.zip", pack(`..\Bot.json`, 0, "{}"), "which leads out of it", "as Lex exported it"},
		"encrypted":    {"b.zip", pack("Bot.json", 1, "{}"), "password-protected", "export it again without a password or unpack it first"},
		"bomb":         {"b.zip", pack("Bot.json", 0, strings.Repeat(" ", 3<<20)), "Bot.json is too large for a bot", "the bot alone"},
		"no zip":       {"b.zip", []byte("PK\x03\x04 broken"), "the zip cannot be read", "export the bot again"},
		"not a bot":    {"b.json", []byte(`{"a":1}`), "no Lex bot is there", "Lex V2 exported"},
		"no JSON":      {"Intent.json", []byte(`{"name":`), "Intent.json is no JSON", "export the bot again"},
		"wrong member": {"Intent.json", []byte(`{"name":"Book","sampleUtterances":7}`), "SampleUtterances is a JSON number", "export the bot again"},
		"no slot":      {"Intent.json", []byte(intent(`,"slotPriorities":[{"priority":1,"slotName":"When"}]`)), "slots that are not there: When", "describe-slot"},
		"network":      {"Bot.json", []byte(`{"botType":"BotNetwork","name":"n"}`), "a network of bots", "one of its bots"},
		"in S3":        {"t.json", []byte(`{"Resources":{"B":{"Type":"AWS::Lex::Bot","Properties":{"Name":"b","BotFileS3Location":{"S3Bucket":"b"}}}}}`), "t.json: B: the bot is in a zip in S3", "give that zip"},
		"custom":       {"t.json", []byte(`{"Resources":{"B":{"Type":"Custom::LexBot","Properties":{}}}}`), "custom resource", "export the bot from Lex"},
		"two bots":     {"t.json", []byte(`{"Resources":{"A":{"Type":"AWS::Lex::Bot","Properties":{}},"B":{"Type":"AWS::Lex::Bot","Properties":{}}}}`), "several bots: A, B", "#A"},
		"deep":         {"Intent.json", []byte(strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200)), "more than 100 deep", ""},
		"short":        {"b.yaml", []byte("intents:\n  A:\n    utterance: x\n"), "line 3: there is no utterance", "docs/bots.md"},
		"short type":   {"b.yaml", []byte("intents:\n  A:\n    slots:\n      s: {ask: what}\n"), "slot s of A has no type", "AMAZON.Date"},
		"no YAML":      {"b.yaml", []byte("a: [\n"), "b.yaml is no YAML", "correct the line"},
		"aliases":      {"b.yaml", []byte("a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"), "aliases repeat too much", ""},
	} {
		_, _, err := lexfile.Read(c.file, c.data)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(hint.Of(err), c.next) {
			t.Errorf("%s: %v; %s", name, err, hint.Of(err))
		}
	}
	_, _, err := lexfile.Open("testdata/v1-refuse")
	if err == nil || err.Error() != "lex-bot-schema.json is a Lex V1 export" || hint.Of(err) != "migrate the bot to V2 in the Lex console, export it again" {
		t.Errorf("V1: %v; %s", err, hint.Of(err))
	}
}

// What is wrong within a bot is a finding, with its file and what to do.
func TestRowPoint2Findings(t *testing.T) {
	t.Parallel()
	intent := func(members string) string {
		return `{"name":"Book","sampleUtterances":[{"utterance":"book {Day}"}]` + members + `}`
	}
	branch := `,"initialResponseSetting":{"nextStep":{"dialogAction":{"type":"EvaluateConditional"}},"conditional":{"isActive":true,"conditionalBranches":[{"name":"One","condition":{"expressionString":"%s"},"nextStep":{"dialogAction":{"type":"%s"}}}]}}`
	text := func(expression, step string) string {
		return intent(strings.Replace(strings.Replace(branch, "%s", expression, 1), "%s", step, 1))
	}
	for name, c := range map[string]struct{ file, want string }{
		"expression":  {text(`{Day} >`, "FulfillIntent"), `error Intent.json: initialResponseSetting branch "One": the expression cannot be read at character 8: a text, a number or a duration is missing: {Day} >`},
		"step":        {text(`{Day} > 3`, "Dance"), `error Intent.json: initialResponseSetting branch "One": there is no step "Dance"`},
		"intent":      {text(`{Day} > 3`, "StartIntent"), "the step StartIntent names no intent"},
		"placeholder": {intent(""), `warning Intent.json: the utterance "book {Day}" names a slot "Day" that the intent has not`},
		"payload":     {intent(`,"intentClosingSetting":{"closingResponse":{"messageGroupsList":[{"message":{"customPayload":{"value":"{no"}}}]}}`), "the custom payload is no JSON"},
		"card":        {intent(`,"intentClosingSetting":{"closingResponse":{"messageGroupsList":[{"message":{"imageResponseCard":{"title":"t"}}}]}}`), "do not show response cards"},
	} {
		_, findings, err := lexfile.Read("Intent.json", []byte(c.file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		found := false
		for _, f := range findings {
			found = found || strings.Contains(string(f.Level)+" "+f.String(), c.want)
		}
		if !found {
			t.Errorf("%s: %v", name, findings)
		}
	}
	dir := t.TempDir()
	write(t, dir, "Bot.json", `{"name":"b"}`)
	write(t, dir, "BotLocales/en_US/Intents/Book/Intent.json", intent(`,"slotPriorities":[{"priority":1,"slotName":"Day"}]`))
	write(t, dir, "BotLocales/en_US/Intents/Book/Slots/Day/Slot.json", `{"name":"Day","slotTypeName":"Days","valueElicitationSetting":{"slotConstraint":"Required"}}`)
	_, findings, err := lexfile.Open(dir)
	if err != nil || len(findings) == 0 || findings[0].Level != lex.Broken || !strings.Contains(findings[0].String(), `Day/Slot.json: slot Day of Book has the type "Days", which is not there`) {
		t.Errorf("%v %v", findings, err)
	}
}

func write(t *testing.T, dir, name, data string) {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The answers of the describe commands have ids where an export has names.
func TestRowPoint2Described(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "a.json", `{"botId":"B1","botName":"Shop","idleSessionTTLInSeconds":120}`)
	write(t, dir, "b.json", `{"localeId":"en_GB","botLocaleStatus":"Built","nluIntentConfidenceThreshold":0.5}`)
	write(t, dir, "c.json", `{"localeId":"en_GB","intentId":"I1","intentName":"Order","sampleUtterances":[{"utterance":"order {Kind}"}],"slotPriorities":[{"priority":1,"slotId":"S1"}]}`)
	write(t, dir, "d.json", `{"localeId":"en_GB","intentId":"I1","slotId":"S1","slotName":"Kind","slotTypeId":"T1","valueElicitationSetting":{"slotConstraint":"Required","promptSpecification":{"maxRetries":1,"messageGroups":[{"message":{"plainTextMessage":{"value":"Which?"}}}]}}}`)
	write(t, dir, "e.json", `{"localeId":"en_GB","slotTypeId":"T1","slotTypeName":"Kinds","slotTypeValues":[{"sampleValue":{"value":"roses"}}],"valueSelectionSetting":{"resolutionStrategy":"TopResolution"}}`)
	write(t, dir, "f.json", `{"intentSummaries":[{"intentId":"I1"}]}`)
	bot, findings, err := lexfile.Open(dir)
	if err != nil || len(findings) > 0 {
		t.Fatal(err, findings)
	}
	l := bot.Locales[0]
	if s := l.Intent("Order").Slot("Kind"); bot.Name != "Shop" || l.ID != "en_GB" || l.Threshold != 0.5 || s.Type != "Kinds" || s.Prompt.Groups[0][0].Content != "Which?" || !l.Types[0].Restricted {
		t.Errorf("%+v %+v", l, s)
	}
	if err := os.Remove(filepath.Join(dir, "d.json")); err != nil {
		t.Fatal(err)
	}
	if _, _, err = lexfile.Open(dir); err == nil || !strings.Contains(err.Error(), "slots that are not there: S1") {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"cfn-flan-fallback/template.json", "cfn-qinconnect-ja/template.yaml", "reminder-conditions/ReminderBot/BotLocales/en_US/Intents/EmailIntent/Intent.json", "v1-refuse/lex-bot-schema.json"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(filepath.Base(name), data)
	}
	f.Add("b.yaml", []byte("intents:\n  A:\n    utterances: [order {k}]\n    slots:\n      k: {type: [red, 'blue: navy'], ask: Which?}\n"))
	f.Add("b.zip", []byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		bot, findings, err := lexfile.Read(name, data)
		if err != nil {
			return
		}
		for _, finding := range findings {
			if finding.Level == lex.Broken {
				return
			}
		}
		for _, l := range bot.Locales {
			var s lex.Session
			for _, text := range []string{"hello", "red", "yes", "12"} {
				turn, err := l.Step(s, lex.Input{Text: text})
				if err != nil {
					break
				}
				s = turn.Session
			}
		}
	})
}

// What an interactive message offers comes back as a text, which the bot has to understand.
func TestTitlesThatTheBotDoesNotKnow(t *testing.T) {
	t.Parallel()
	const bot = `
bot: Menu
intents:
  Start:
    utterances: [hello]
    slots:
      Kind:
        type: %s
        ask: '{"templateType":"ListPicker","version":"1.0","data":{"content":{"title":"Which?","elements":[{"title":"Roses"},{"title":"Tulips"},{"title":"Shop","type":"hyperlink","url":"https://example.com"}]}}}'
    confirm: '{"templateType":"QuickReply","version":"1.0","data":{"content":{"title":"Sure?","elements":[{"title":"%s"},{"title":"No"}]}}}'
    answer: Done.
  Tulips:
    utterances: [%s]
`
	const unlisted = `warning bot.yaml: Start: Kind: promptSpecification: the interactive message offers "Tulips", which is no value of the type Start.Kind: who chooses it is asked again; add it as a value or a synonym`
	const unsure = `warning bot.yaml: Start: intentConfirmationSetting.promptSpecification: the interactive message offers "Perhaps", which is neither a yes nor a no: who chooses it is asked again; write what the language has for one of them`
	for name, c := range map[string]struct {
		types, confirm, utterance string
		want                      []string
	}{
		"all known":                {"[roses, tulips]", "Yes", "spring flowers", nil},
		"any value":                {"AMAZON.AlphaNumeric", "Yes", "spring flowers", nil},
		"not listed":               {"[roses]", "Yes", "spring flowers", []string{unlisted}},
		"another intent's":         {"[roses]", "Yes", "tulips", []string{unlisted}}, // which does not begin while a question is open
		"neither yes nor no":       {"[roses, tulips]", "Perhaps", "spring flowers", []string{unsure}},
		"not listed, and not sure": {"[roses]", "Perhaps", "spring flowers", []string{unsure, unlisted}},
	} {
		_, findings, err := lexfile.Read("bot.yaml", fmt.Appendf(nil, bot, c.types, c.confirm, c.utterance))
		if err != nil {
			t.Fatal(name, err)
		}
		var got []string
		for _, f := range findings {
			if f.Rule == "title" {
				got = append(got, string(f.Level)+" "+f.String())
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
