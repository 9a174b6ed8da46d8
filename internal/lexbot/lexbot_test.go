package lexbot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/lex"
	"github.com/parley-chat/parley/internal/lexbot"
	"github.com/parley-chat/parley/internal/transcript"
)

const (
	realBots = "../lexfile/testdata"
	alias    = "arn:aws:lex:us-west-2:123456789012:bot-alias/HPHIY1TEMR/TSTALIASID"
)

// chatted is a contact that talks to a bot: what the flow keeps is stored between its texts.
type chatted struct {
	t      *testing.T
	bots   *lexbot.Bots
	ask    flow.Ask
	stored []byte
}

func open(t *testing.T, cfg lexbot.Config) *lexbot.Bots {
	t.Helper()
	bots, err := lexbot.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return bots
}

func newChat(t *testing.T, bots *lexbot.Bots, arn string) *chatted {
	t.Helper()
	return &chatted{t: t, bots: bots, ask: flow.Ask{
		Type: "ConnectParticipantWithLexBot", Action: "bot", Parameters: map[string]any{
			"Text": "Hello!", "LexV2Bot": map[string]any{"AliasArn": arn}, "LexTimeoutSeconds": map[string]any{"Text": "60"},
			"LexSessionAttributes": map[string]any{"customer": "Ann"},
		},
	}}
}

// say is what the flow is told of the bot's answer.
func (c *chatted) say(text string) flow.Event {
	c.t.Helper()
	call := &flowrun.Call{ID: "c", ContactID: "8f0c3a52-6a0e-4c0f-9c47-1f3f3b1d2a11", Asked: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC), Ask: c.ask, ContentTypes: []string{transcript.TextPlain, transcript.Interactive}}
	if call.Ask.Text = text; c.stored != nil {
		if err := json.Unmarshal(c.stored, &call.Kept); err != nil {
			c.t.Fatal(err)
		}
	}
	if !c.bots.Answers(&call.Ask) {
		c.t.Fatal("nobody answers")
	}
	e := c.bots.Answer(c.t.Context(), call)
	if e.Bot != "" {
		var err error
		if c.stored, err = json.Marshal(flow.Kept{Bots: map[string]json.RawMessage{e.Bot: e.Session}}); err != nil {
			c.t.Fatal(err)
		}
	}
	return e
}

func replies(e flow.Event) []string {
	var all []string
	for _, r := range e.Replies {
		all = append(all, r.Text)
	}
	return all
}

// A bot that runs here is found by the id in its files, says the block's text first, and its session
// goes on in another process.
func TestRowPoint2Offline(t *testing.T) {
	t.Parallel()
	config := lexbot.Config{Bots: map[string]lexbot.Bot{"airline": {Path: filepath.Join(realBots, "airline-cancellation")}}}
	c := newChat(t, open(t, config), alias)
	e := c.say("")
	if diff := cmp.Diff([]string{"Hello!"}, replies(e)); diff != "" || !e.Open || e.Seconds != 60 {
		t.Error(diff, e)
	}
	c.say("cancel flight")
	c.bots = open(t, config) // after a restart
	c.say("Anna")
	c.say("Brosky")
	c.say("Rome")
	e = c.say("Oslo")
	lexOf := e.Results["Lex"].(map[string]any)
	if lexOf["DialogState"] != "InProgress" || !e.Open || lexOf["SessionAttributes"].(map[string]any)["customer"] != "Ann" {
		t.Errorf("%+v", e)
	}
	e = c.say("42")
	want := map[string]any{"FirstName": "Anna", "LastName": "Brosky", "CityDeparture": "Rome", "CityArrival": "Oslo", "ConfirmationNumber": "42"}
	lexOf = e.Results["Lex"].(map[string]any)
	if diff := cmp.Diff(want, lexOf["Slots"]); diff != "" || e.Open || !e.HasResult || e.Result != "FlightCancellation" || lexOf["IntentName"] != "FlightCancellation" || lexOf["DialogState"] != "Fulfilled" || len(e.Replies) != 2 {
		t.Errorf("%s %+v", diff, e)
	}
	if !strings.Contains(e.Note, "FlightCancellation 1.00 by rule answer") {
		t.Error(e.Note)
	}
}

// A text that does not fit Lex is cut, with a warning.
func TestRowPoint2LongText(t *testing.T) {
	t.Parallel()
	c := newChat(t, open(t, lexbot.Config{Bots: map[string]lexbot.Bot{"*": {Path: filepath.Join(realBots, "airline-cancellation")}}}), alias)
	c.say("")
	if e := c.say("cancel flight " + strings.Repeat("ä", 1100)); !e.Open && !e.HasResult || !strings.Contains(e.Note, "1114 characters do not fit Lex, which takes 1024") {
		t.Errorf("%+v", e)
	}
}

// functions answer code hooks.
type functions func(ctx context.Context, event []byte) ([]byte, error)

func (functions) Has(ref, _ string) bool { return ref == "hook" }

func (f functions) Invoke(ctx context.Context, _, _ string, event []byte) ([]byte, error) {
	return f(ctx, event)
}

const picker = `{"templateType":"ListPicker","version":"1.0","data":{"content":{"title":"How can I help?","elements":[{"title":"Billing"}]}}}`

// Interactive templates reach the customer as interactive messages, other payloads as text, cards not
// at all; a client that did not list the content type gets nothing.
func TestRowPoint2InteractiveReplies(t *testing.T) {
	t.Parallel()
	answer := fmt.Sprintf(`{"sessionState":{"dialogAction":{"type":"ElicitSlot","slotToElicit":"action"},"intent":{"name":"InteractiveMessageIntent"}},"messages":[
		{"contentType":"CustomPayload","content":%q},{"contentType":"CustomPayload","content":"{\"a\":1}"},{"contentType":"SSML","content":"<speak>hi</speak>"},
		{"contentType":"ImageResponseCard","imageResponseCard":{"title":"t","buttons":[{"text":"B","value":"Billing"}]}}]}`, picker)
	var event struct {
		RequestAttributes map[string]string
		SessionID         string
		SessionState      struct{ SessionAttributes map[string]string }
	}
	hooks := functions(func(_ context.Context, data []byte) ([]byte, error) {
		return []byte(answer), json.Unmarshal(data, &event)
	})
	c := newChat(t, open(t, lexbot.Config{Functions: hooks, Bots: map[string]lexbot.Bot{"arn:*": {Path: filepath.Join(realBots, "interactive-messages"), Function: "hook"}}}), alias)
	c.say("")
	e := c.say("help")
	want := []flow.Reply{{Text: picker, Content: transcript.Interactive}, {Text: `{"a":1}`, Content: transcript.TextPlain}, {Text: "<speak>hi</speak>", Content: transcript.TextPlain}}
	if diff := cmp.Diff(want, e.Replies); diff != "" || !strings.Contains(e.Note, "a person would type one of: Billing") {
		t.Error(diff, e.Note)
	}
	if event.RequestAttributes["x-amz-lex:channels:platform"] != "Connect Chat" || event.SessionID != "8f0c3a52-6a0e-4c0f-9c47-1f3f3b1d2a11" || event.SessionState.SessionAttributes["customer"] != "Ann" {
		t.Errorf("%+v", event)
	}
	call := &flowrun.Call{Ask: c.ask, ContentTypes: []string{transcript.TextPlain}}
	call.Ask.Text = "help"
	if e := c.bots.Answer(t.Context(), call); len(e.Replies) != 2 || !strings.Contains(e.Note, "a ListPicker is not sent") {
		t.Errorf("%+v", e)
	}
}

// What goes wrong takes the error branch, with a sentence.
func TestRowPoint2Branches(t *testing.T) {
	t.Parallel()
	hook := functions(func(ctx context.Context, event []byte) ([]byte, error) {
		if strings.Contains(string(event), `"inputTranscript":"down"`) {
			return nil, errors.New("it threw")
		}
		return []byte(`{"sessionState":{"dialogAction":{"type":"Close"},"intent":{"name":"SearchHotel","state":"Failed"}},"messages":[{"contentType":"PlainText","content":"sorry"}]}`), nil
	})
	bots := open(t, lexbot.Config{Functions: hook, Bots: map[string]lexbot.Bot{"*": {Path: filepath.Join(realBots, "blogbot-korean"), Function: "hook", Locale: "ko_KR"}}})
	c := newChat(t, bots, alias)
	c.say("")
	if e := c.say("호텔예약 검색해죠"); e.Kind != flow.Failed || len(e.Replies) != 1 || !strings.Contains(e.Note, "SearchHotel failed, or was declined") {
		t.Errorf("%+v", e)
	}
	pinned := open(t, lexbot.Config{Functions: hook, Bots: map[string]lexbot.Bot{"*": {
		Path: filepath.Join(realBots, "blogbot-korean"), Function: "hook", Locale: "ko_KR", Pinned: map[string]lex.Pin{"Down": {Intent: "SearchHotel"}},
	}}})
	d := newChat(t, pinned, alias)
	if e := d.say("down"); e.Kind != flow.Failed || !strings.Contains(e.Note, "DependencyFailedException: the function hook: it threw") {
		t.Errorf("%+v", e)
	}
	c.ask.Parameters["LexInitializationData"] = map[string]any{"InitialMessage": ""}
	if e := c.say(""); e.Kind != flow.Failed || !strings.Contains(e.Note, "there is none") {
		t.Errorf("%+v", e)
	}
	c.ask.Parameters["LexInitializationData"] = map[string]any{"InitialMessage": "호텔예약해죠"}
	c.stored = nil
	if e := c.say(""); !e.Open || replies(e)[0] != "이름을 말씀해주세요" {
		t.Errorf("%+v", e)
	}
	var none *lexbot.Bots
	if none.Answers(&c.ask) {
		t.Error("no bots answer")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "b.yaml"), []byte("intents:\n  A:\n    utterances: [x]\n    slots:\n      s: {type: Nothing, ask: what}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c = newChat(t, open(t, lexbot.Config{Folder: dir, Bots: map[string]lexbot.Bot{"*": {Path: "b.yaml"}}}), alias)
	if e := c.say("x"); e.Kind != flow.Failed || !strings.Contains(e.Note, `the bot cannot run: b.yaml: A: s: slot s of A has the type "Nothing"`) {
		t.Errorf("%+v", e)
	}
	for _, b := range []lexbot.Bot{{}, {Path: "nowhere.zip"}} {
		if _, err := lexbot.New(lexbot.Config{Bots: map[string]lexbot.Bot{"b": b}}); err == nil || !strings.HasPrefix(err.Error(), "bots.b: ") {
			t.Error(err)
		}
	}
}

// The Japanese bot answers from the configuration.
func TestRowPoint2ConfiguredAnswers(t *testing.T) {
	t.Parallel()
	c := newChat(t, open(t, lexbot.Config{Bots: map[string]lexbot.Bot{"*": {
		Path:    filepath.Join(realBots, "cfn-qinconnect-ja", "template.yaml"),
		Answers: map[string]lexbot.Service{"AmazonQinConnectOrchestration": {Answers: []lex.Generated{{When: "人", Say: "おつなぎします", End: true, Attributes: map[string]string{"Tool": "Escalate"}}, {Say: "どうぞ"}}}},
	}}}), alias)
	c.say("")
	if e := c.say("こんにちは"); !e.Open || replies(e)[0] != "どうぞ" {
		t.Errorf("%+v", e)
	}
	e := c.say("人と話したい")
	if lexOf := e.Results["Lex"].(map[string]any); e.Open || lexOf["SessionAttributes"].(map[string]any)["Tool"] != "Escalate" {
		t.Errorf("%+v", e)
	}
}

const recognized = `{"messages":[{"contentType":"PlainText","content":"from elsewhere"}],"sessionId":"s","sessionState":{"dialogAction":{"type":"%s"},
	"intent":{"name":"Order","state":"Fulfilled","confirmationState":"None","slots":{"Kind":{"shape":"Scalar","value":{"originalValue":"red","interpretedValue":"roses","resolvedValues":["roses"]}},"Day":null}},"sessionAttributes":{"a":"b"}},
	"interpretations":[{"intent":{"name":"Order"},"nluConfidence":{"score":0.87}},{"intent":{"name":"FallbackIntent"}}]}`

// An address gets the shape of the runtime API; the block's attributes go with the first text only.
func TestRowPoint2Endpoint(t *testing.T) {
	t.Parallel()
	var bodies, ids []string
	id := regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		ids = append(ids, string(id.Find(body)))
		bodies = append(bodies, r.URL.Path+" "+string(id.ReplaceAll(body, []byte("ID"))))
		switch {
		case strings.Contains(string(body), "refuse"):
			w.Header().Set("X-Amzn-ErrorType", "ConflictException:")
			w.WriteHeader(http.StatusConflict)
		case strings.Contains(string(body), "nonsense"):
			_, _ = w.Write([]byte("[]"))
		default:
			_, _ = fmt.Fprintf(w, recognized, map[bool]string{true: "ElicitIntent", false: "Close"}[strings.Contains(string(body), `"hi"`)])
		}
	}))
	t.Cleanup(server.Close)
	c := newChat(t, open(t, lexbot.Config{Bots: map[string]lexbot.Bot{"HPHIY1TEMR": {URL: server.URL + "/"}}}), alias)
	c.say("")
	if e := c.say("hi"); !e.Open {
		t.Errorf("%+v", e)
	}
	e := c.say("roses")
	lexOf := e.Results["Lex"].(map[string]any)
	if diff := cmp.Diff(map[string]any{
		"IntentName": "Order", "DialogState": "Fulfilled", "Slots": map[string]any{"Kind": "roses", "Day": ""}, "SessionAttributes": map[string]any{"a": "b"},
		"IntentConfidence":   map[string]any{"Score": "0.87"},
		"AlternativeIntents": map[string]any{"FallbackIntent": map[string]any{"IntentName": "FallbackIntent", "IntentConfidence": map[string]any{"Score": ""}, "Slots": map[string]any{}}},
	}, lexOf); diff != "" || e.Result != "Order" || replies(e)[0] != "from elsewhere" {
		t.Error(diff, e)
	}
	const path = "/bots/HPHIY1TEMR/botAliases/TSTALIASID/botLocales/en_US/sessions/8f0c3a52-6a0e-4c0f-9c47-1f3f3b1d2a11/text "
	if diff := cmp.Diff([]string{
		path + `{"requestAttributes":{"x-amz-lex:accept-content-types":"PlainText","x-amz-lex:channels:platform":"Connect Chat","x-amz-lex:connect-originating-request-id":"ID"},"sessionState":{"sessionAttributes":{"customer":"Ann"}},"text":"hi"}`,
		path + `{"requestAttributes":{"x-amz-lex:accept-content-types":"PlainText","x-amz-lex:channels:platform":"Connect Chat","x-amz-lex:connect-originating-request-id":"ID"},"text":"roses"}`,
	}, bodies); diff != "" || ids[0] == ids[1] {
		t.Error(diff, ids)
	}
	for text, want := range map[string]string{"refuse": "409 Conflict ConflictException", "nonsense": "is not that of RecognizeText"} {
		if e := c.say(text); e.Kind != flow.Failed || !strings.Contains(e.Note, want) {
			t.Errorf("%+v", e)
		}
	}
}

// The real Lex is called with a signature.
func TestRowPoint2RealLex(t *testing.T) {
	account := awsfake.Start(t)
	for _, pair := range account.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	t.Setenv("AWS_CONFIG_FILE", "/nowhere")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
	var got awsfake.Recognition
	c := newChat(t, open(t, lexbot.Config{Bots: map[string]lexbot.Bot{"*": {AWS: "aws"}}}), alias)
	if e := c.say("hi"); e.Kind != flow.Failed || !strings.Contains(e.Note, "Amazon Lex refuses the call: ResourceNotFoundException") {
		t.Errorf("%+v", e)
	}
	account.Bots(func(r awsfake.Recognition) []byte { got = r; return fmt.Appendf(nil, recognized, "Close") })
	if e := c.say("hi"); e.Result != "Order" {
		t.Errorf("%+v", e)
	}
	if got.BotID != "HPHIY1TEMR" || got.AliasID != "TSTALIASID" || got.Locale != "en_US" || got.SessionID != "8f0c3a52-6a0e-4c0f-9c47-1f3f3b1d2a11" {
		t.Errorf("%+v", got)
	}
	for _, r := range account.Requests() {
		if !r.Accepted || r.Operation != "RecognizeText" {
			t.Errorf("%s %s: accepted %v", r.Operation, r.Path, r.Accepted)
		}
	}
}

// A flow with a bot: the texts are in the chat as the bot's, its intent chooses the branch, and the
// trace says turn by turn how the customer was understood.
func TestRowPoint2Flow(t *testing.T) {
	t.Parallel()
	document := `{"Version":"2019-10-30","StartAction":"bot","Actions":[
		{"Identifier":"bot","Type":"ConnectParticipantWithLexBot","Parameters":{"Text":"How can I help?","LexV2Bot":{"AliasArn":"` + alias + `"}},
		 "Transitions":{"NextAction":"other","Conditions":[{"NextAction":"done","Condition":{"Operator":"Equals","Operands":["EmailIntent"]}}],"Errors":[{"NextAction":"other","ErrorType":"NoMatchingCondition"},{"NextAction":"other","ErrorType":"NoMatchingError"}]}},
		{"Identifier":"done","Type":"MessageParticipant","Parameters":{"Text":"in $.Lex.Slots.DaysBefore days"},"Transitions":{"NextAction":"end","Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]}},
		{"Identifier":"other","Type":"MessageParticipant","Parameters":{"Text":"something else"},"Transitions":{"NextAction":"end","Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]}},
		{"Identifier":"end","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}]}`
	sources, findings := flow.Read("main.json", []byte(document))
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	program, findings := flow.Compile(sources[0])
	if program == nil {
		t.Fatal(findings)
	}
	library := flowrun.NewLibrary(nil)
	library.Set([]*flow.Program{program})
	bots := open(t, lexbot.Config{Bots: map[string]lexbot.Bot{alias: {Path: filepath.Join(realBots, "reminder-conditions")}}})
	result, err := flowtest.Run(t.Context(), library, flowtest.Script{Flow: program.ID(), Name: "Ann", Says: []string{"xyzzy", "mail me info", "four"}, Outside: bots})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, l := range result.Transcript {
		if l.ContentType == transcript.TextPlain {
			said = append(said, l.From+": "+l.Text)
		}
	}
	want := []string{
		"BOT: How can I help?", "Ann: xyzzy", "BOT: Sorry, I didn't understand, can you rephrase? I am only able to set up reminders.", "Ann: mail me info",
		"BOT: We will email you on the day you choose up to a week before your appointment.", "BOT: How many days before your appointment would you like us to email you?",
		"Ann: four", "BOT: No problem! Your email reminder has been set up for 4 days before your appointment.", "SYSTEM_MESSAGE: in 4 days",
	}
	if diff := cmp.Diff(want, said); diff != "" || result.Outcome != flowtest.Ended {
		t.Error(result.Outcome, diff)
	}
	var notes []string
	for _, p := range result.Way {
		if p.Type == "ConnectParticipantWithLexBot" {
			notes = append(notes, p.Branch+"|"+p.Note)
		}
	}
	if len(notes) != 3 || !strings.HasPrefix(notes[1], "|EmailIntent 0.") || !strings.Contains(notes[1], "by rule similar") || !strings.HasPrefix(notes[2], "EmailIntent|") && !strings.Contains(notes[2], "rule answer") {
		t.Errorf("%q", notes)
	}
}

// The block's text and its time are taken as numbers, too: files that people write have them so, and a path
// keeps the type of what it refers to.
func TestNumbersOfABlock(t *testing.T) {
	t.Parallel()
	c := newChat(t, open(t, lexbot.Config{Bots: map[string]lexbot.Bot{"*": {Path: filepath.Join(realBots, "airline-cancellation")}}}), alias)
	for limit, want := range map[any]int{60.0: 60, "60": 60, "60.0": 60, 0.5: 1, 1e9: 604_800, "": 0, "soon": 0, -1.0: 0} {
		c.ask.Parameters["Text"], c.ask.Parameters["LexTimeoutSeconds"] = 42.0, map[string]any{"Text": limit}
		if e := c.say(""); !e.Open || e.Seconds != want || !slices.Equal(replies(e), []string{"42"}) {
			t.Errorf("%v: %+v", limit, e)
		}
	}
}

// What a customer typed stands in no line of the log and in no note: not when it is a doubtful guess, and not
// in an answer that cannot be read, of which the trace alone has the beginning.
func TestNothingTypedIsLogged(t *testing.T) {
	t.Parallel()
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write([]byte("I heard " + regexp.MustCompile(`"text":"([^"]*)`).FindStringSubmatch(string(body))[1]))
	}))
	t.Cleanup(echo.Close)
	const typed = "zanzibar"
	for name, test := range map[string]struct {
		bot          lexbot.Bot
		note, logged string
		traced       bool
	}{
		"a guess":    {lexbot.Bot{Path: filepath.Join(realBots, "airline-cancellation")}, "borderline: the text ", "borderline", false},
		"unreadable": {lexbot.Bot{URL: echo.URL}, "is not that of RecognizeText", "is not that of RecognizeText", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			c := newChat(t, open(t, lexbot.Config{
				Bots: map[string]lexbot.Bot{"*": test.bot}, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			}), alias)
			c.say("")
			e := c.say("cancel flights " + typed)
			if !strings.Contains(e.Note, test.note) || strings.Contains(e.Note, typed) != test.traced {
				t.Error(e.Note)
			}
			if !strings.Contains(log.String(), test.logged) || strings.Contains(log.String(), typed) {
				t.Error(log.String())
			}
		})
	}
}

// A contact in a language that the bot has not gets no answer in another one, also where there is one only: in
// Amazon Connect Lex knows no such bot.
func TestContactInAnotherLanguage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ locale, language, note string }{
		"the bot's":                 {"", "en-US", ""},
		"none":                      {"", "", ""},
		"another":                   {"", "de-DE", "the bot CustomerAirlineSupport has no locale de_DE, only en_US: set the contact's language, or locale of the bot's entry"},
		"another, and an entry's":   {"en_US", "de-DE", ""},
		"an entry that is mistaken": {"it_IT", "en-US", "the bot CustomerAirlineSupport has no locale it_IT, only en_US"},
	} {
		c := newChat(t, open(t, lexbot.Config{Bots: map[string]lexbot.Bot{"airline": {Path: filepath.Join(realBots, "airline-cancellation"), Locale: test.locale}}}), alias)
		var err error
		if c.stored, err = json.Marshal(flow.Kept{Data: map[string]string{"LanguageCode": test.language}}); err != nil {
			t.Fatal(err)
		}
		e := c.say("cancel flight")
		if failed := e.Kind == flow.Failed; failed != (test.note != "") || !strings.Contains(e.Note, test.note) {
			t.Errorf("%s: %+v, want a failure with %q", name, e, test.note)
		}
	}
}
