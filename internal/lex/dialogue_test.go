package lex_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/lex"
)

// talk holds a conversation, in which the session is stored and read again after every turn.
type talk struct {
	t       *testing.T
	locale  *lex.Locale
	session lex.Session
	options lex.Options
	// hook answers code hooks; nil stands for a bot without a function.
	hook  func(event map[string]any) (string, error)
	calls []string
	notes []string
}

func begin(t *testing.T, bot, locale string) *talk {
	t.Helper()
	l, ok := open(t, bot).Locale(locale)
	if !ok {
		t.Fatalf("%s has no locale %s", bot, locale)
	}
	return &talk{t: t, locale: l}
}

// say says a text, and returns what the bot says.
func (c *talk) say(text string) []string {
	c.t.Helper()
	messages, err := c.try(text)
	if err != nil {
		c.t.Fatalf("%q: %v", text, err)
	}
	return messages
}

func (c *talk) try(text string) ([]string, error) {
	c.t.Helper()
	in := lex.Input{Now: today(), Text: text, Hooked: c.hook != nil, Options: c.options}
	for {
		turn, err := c.locale.Step(c.session, in)
		if err != nil {
			return nil, err
		}
		stored, err := json.Marshal(turn.Session)
		if err != nil {
			c.t.Fatal(err)
		}
		c.session = lex.Session{}
		if err := json.Unmarshal(stored, &c.session); err != nil {
			c.t.Fatal(err)
		}
		if turn.Call == nil {
			c.notes = append(c.notes, turn.Notes...)
			var messages []string
			for _, m := range turn.Messages {
				messages = append(messages, m.Content)
			}
			return messages, nil
		}
		event, err := c.locale.Event(&turn, in, lex.Caller{SessionID: "s", RequestID: "r", BotName: "b", AliasID: "TSTALIASID"})
		if err != nil {
			c.t.Fatal(err)
		}
		var read map[string]any
		if err := json.Unmarshal(event, &read); err != nil {
			c.t.Fatal(err)
		}
		c.calls = append(c.calls, strings.TrimSuffix(turn.Call.Source+" "+turn.Call.Label, " "))
		body, err := c.hook(read)
		in.Answer = &lex.Answer{Body: []byte(body)}
		if err != nil {
			in.Answer = &lex.Answer{Failed: err.Error()}
		}
	}
}

// state is where the conversation stands.
func (c *talk) state() string {
	state := c.session.Dialog
	if c.session.Asked != "" {
		state += " " + c.session.Asked
	}
	if i := c.session.Intent; i != nil {
		state += ", " + i.Name + " " + i.State
	}
	return state
}

func (c *talk) want(state string, got []string, want ...string) {
	c.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		c.t.Errorf("the bot says (-want +got):\n%s", diff)
	}
	if c.state() != state {
		c.t.Errorf("it stands at %q, not %q", c.state(), state)
	}
}

// The airline bot has no function: it asks for five slots and plays its initial, success and closing
// texts in that order.
func TestRowPoint2AirlineCancellation(t *testing.T) {
	t.Parallel()
	c := begin(t, "airline-cancellation", "en-US")
	c.want("ElicitSlot FirstName, FlightCancellation InProgress", c.say("cancel flight"),
		"Okay, I can help you cancel your flight. We need some information to send to an agent. ", "What is your first name?")
	c.want("ElicitSlot LastName, FlightCancellation InProgress", c.say("Anna"), "What is your last name?")
	c.want("ElicitSlot CityDeparture, FlightCancellation InProgress", c.say("Brosky"), "What city are you supposed to leave from?")
	c.want("ElicitSlot CityArrival, FlightCancellation InProgress", c.say("from New York"), "What city were you supposed to arrive?")
	c.want("ElicitSlot ConfirmationNumber, FlightCancellation InProgress", c.say("Reykjavik"), "What is you confirmation number?")
	c.want("ElicitSlot ConfirmationNumber, FlightCancellation InProgress", c.say("I do not know"), "What is you confirmation number?")
	c.want("Close, FlightCancellation Fulfilled", c.say("one hundred twenty three"), "Thank you for the information!",
		"The information will be sent to an agent who will be able to assist you shortly, so you can cancel your flight.")
	got := map[string]string{}
	for name, v := range c.session.Intent.Slots {
		got[name] = v.Text()
	}
	if diff := cmp.Diff(map[string]string{"FirstName": "Anna", "LastName": "Brosky", "CityDeparture": "New York", "CityArrival": "Reykjavik", "ConfirmationNumber": "123"}, got); diff != "" {
		t.Error(diff)
	}
	// Slots of an utterance are not asked for.
	c.session = lex.Session{}
	c.want("ElicitSlot CityDeparture, FlightCancellation InProgress", c.say("I'd like to cancel my flight for Anna Brosky"),
		"Okay, I can help you cancel your flight. We need some information to send to an agent. ", "What city are you supposed to leave from?")
}

// After five failed answers the slot's failure step begins the fallback intent.
func TestRowPoint2Retries(t *testing.T) {
	t.Parallel()
	c := begin(t, "airline-cancellation", "en_US")
	c.say("my flight for Anna Brosky needs to be cancelled: cancel my ticket")
	c.session = lex.Session{}
	c.say("cancel my ticket")
	for range 4 {
		c.want("ElicitSlot FirstName, FlightCancellation InProgress", c.say("12345"), "What is your first name?")
	}
	c.want("Close, FallbackIntent ReadyForFulfillment", c.say("12345"))
}

// The reminder bot's fallback has three texts, then an agent.
func TestRowPoint2ReminderFallback(t *testing.T) {
	t.Parallel()
	c := begin(t, "reminder-conditions", "en_US")
	c.want("ElicitIntent", c.say("xyzzy plugh"), "Sorry, I didn't understand, can you rephrase? I am only able to set up reminders.")
	c.want("ElicitIntent", c.say("xyzzy plugh"), "Sorry, I didn't understand, can you rephrase? I can set up a reminder by call or email. Which would you prefer?")
	c.want("ElicitIntent", c.say("xyzzy plugh"), "Sorry, I didn't understand. You can say things like 'I would like an email reminder' or 'I would like a phone call'")
	c.want("Close, FallbackIntent Fulfilled", c.say("xyzzy plugh"), "One of our customer service agents will be in touch shortly to help with your request.")
}

// Conditions of the reminder bot set a slot to null, and leave out the prompt that would follow.
func TestRowPoint2ReminderConditions(t *testing.T) {
	t.Parallel()
	c := begin(t, "reminder-conditions", "en_US")
	c.want("ElicitSlot DaysBefore, EmailIntent InProgress", c.say("email"),
		"We will email you on the day you choose up to a week before your appointment.", "How many days before your appointment would you like us to email you?")
	c.want("ElicitSlot DaysBefore, EmailIntent InProgress", c.say("nine"),
		"We can't email more than a week before your appointment. Please choose a number between 1 and 7.")
	c.want("ElicitSlot DaysBefore, EmailIntent InProgress", c.say("0"),
		"The last day we can email you is the day before your appointment. Please choose a number between 1 and 7.")
	c.want("Close, EmailIntent ReadyForFulfillment", c.say("three days"), "No problem! Your email reminder has been set up for 3 days before your appointment.")
	if c.session.Attributes["fallback-count"] != "0" {
		t.Errorf("attributes %v", c.session.Attributes)
	}
	// A time with two readings is asked for again; another intent's utterance changes to it.
	c.say("call me please")
	c.want("ElicitSlot Time, CallIntent InProgress", c.say("10 o'clock"), "What time would you like the call?")
	c.want("ElicitSlot DaysBefore, EmailIntent InProgress", c.say("just email me"),
		"We will email you on the day you choose up to a week before your appointment.", "How many days before your appointment would you like us to email you?")
	c.say("call me at 10 am")
	c.want("Close, CallIntent ReadyForFulfillment", c.session2(), "We'll call you the day before your appointment.", "Your call has been scheduled for 10:00.")
}

// session2 is what the bot said last.
func (c *talk) session2() []string {
	var said []string
	for _, m := range c.session.Said {
		said = append(said, m.Content)
	}
	return said
}

// The hooks of the reminder bot have labels, and are called in the order of the stages.
func TestRowPoint2ReminderHooks(t *testing.T) {
	t.Parallel()
	c := begin(t, "reminder-conditions", "en_US")
	c.hook = func(event map[string]any) (string, error) {
		if event["invocationSource"] == "FulfillmentCodeHook" {
			return `{"sessionState":{"dialogAction":{"type":"Close"},"intent":{"name":"CallIntent","state":"Fulfilled"}}}`, nil
		}
		return `{"sessionState":{"dialogAction":{"type":"Delegate"}}}`, nil
	}
	c.say("phone me")
	c.say("noon")
	want := []string{"DialogCodeHook CallIntent_InitialCodeHook", "DialogCodeHook CallIntent_TimeSlot_PromptCodeHook", "DialogCodeHook CallIntent_TimeSlot_ValidationCodeHook", "FulfillmentCodeHook"}
	if diff := cmp.Diff(want, c.calls); diff != "" {
		t.Error(diff)
	}
	if c.state() != "Close, CallIntent Fulfilled" {
		t.Error(c.state())
	}
}

// Declining is a failure; an older bot's hook is called at every turn.
func TestRowPoint2Korean(t *testing.T) {
	t.Parallel()
	c := begin(t, "blogbot-korean", "ko_KR")
	c.want("ElicitSlot CustomerName, BookHotel InProgress", c.say("호텔예약해죠"), "이름을 말씀해주세요")
	c.want("ElicitSlot Date, BookHotel InProgress", c.say("홍길동"), "날짜를 말씀해주세요")
	c.want("ConfirmIntent, BookHotel InProgress", c.say("내일"), "예약하신 내용이 맞습니까?")
	c.want("ConfirmIntent, BookHotel InProgress", c.say("음"), "예약하신 내용이 맞습니까?")
	c.want("Close, BookHotel Failed", c.say("아니요"), "감사합니다.")
	c.want("ElicitSlot CustomerName, SearchHotel InProgress", c.say("호텔예약 검색해죠"), "예약하신 이름을 말씀해주세요")
	c.session = lex.Session{}
	c.hook = func(event map[string]any) (string, error) {
		return `{"sessionState":{"dialogAction":{"type":"Delegate"}}}`, nil
	}
	c.say("호텔예약 검색해죠")
	c.say("홍길동")
	c.say("서울")
	if diff := cmp.Diff([]string{"DialogCodeHook", "DialogCodeHook", "DialogCodeHook", "FulfillmentCodeHook"}, c.calls); diff != "" {
		t.Error(diff)
	}
}

// The interactive bot's function drives it with custom payloads; the choices of a list win over other
// intents. The events have what the logged ones have.
func TestRowPoint2Interactive(t *testing.T) {
	t.Parallel()
	c := begin(t, "interactive-messages", "en_US")
	picker := `{"templateType":"ListPicker","version":"1.0","data":{"content":{"title":"How can I help?","elements":[{"title":"Check self-service options"},{"title":"Continue to agent"}]}}}`
	var events []map[string]any
	c.hook = func(event map[string]any) (string, error) {
		events = append(events, event)
		slots := event["sessionState"].(map[string]any)["intent"].(map[string]any)["slots"].(map[string]any)
		if slots["action"] == nil {
			return elicit("action", picker), nil
		}
		return elicit("interactiveOption", `{"templateType":"Panel"}`), nil
	}
	c.want("ElicitSlot action, InteractiveMessageIntent InProgress", c.say("help"), picker)
	c.want("ElicitSlot interactiveOption, InteractiveMessageIntent InProgress", c.say("Check self-service options"), `{"templateType":"Panel"}`)
	data, err := os.ReadFile(bots + "/events/interactive-1_1-CheckSelfServiceOptions.json")
	if err != nil {
		t.Fatal(err)
	}
	var logged map[string]any
	if err := json.Unmarshal(data, &logged); err != nil {
		t.Fatal(err)
	}
	if diff := missing(logged, events[1], ""); len(diff) > 0 {
		t.Errorf("the event lacks what a logged one has: %v", diff)
	}
	got := events[1]["sessionState"].(map[string]any)["intent"].(map[string]any)["slots"].(map[string]any)["action"]
	want := logged["sessionState"].(map[string]any)["intent"].(map[string]any)["slots"].(map[string]any)["action"]
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// Without a function the dialogue goes on by its own steps.
	c = begin(t, "interactive-messages", "en_US")
	c.want("ElicitSlot flightOptions, InteractiveMessageIntent InProgress", c.say("help me"), "View our popular destinations")
	c.want("Close, InteractiveMessageIntent Fulfilled", c.say("Book flights"))
	c.want("Close, FallbackIntent ReadyForFulfillment", c.say("xyzzy"), "Sorry, can you please repeat that?")
}

func elicit(slot, payload string) string {
	message, _ := json.Marshal(payload)
	return fmt.Sprintf(`{"sessionState":{"dialogAction":{"type":"ElicitSlot","slotToElicit":%q},"intent":{"name":"InteractiveMessageIntent"}},"messages":[{"contentType":"CustomPayload","content":%s}]}`, slot, message)
}

// missing are the members of one JSON value that another has not.
func missing(want, got any, at string) (all []string) {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return []string{at}
		}
		for name, v := range w {
			if inner, there := g[name]; !there {
				all = append(all, at+"."+name)
			} else if v != nil && inner != nil {
				all = append(all, missing(v, inner, at+"."+name)...)
			}
		}
	case []any:
		if g, ok := got.([]any); ok && len(w) > 0 && len(g) > 0 {
			return missing(w[0], g[0], at+"[0]")
		}
	}
	return slices.DeleteFunc(all, func(name string) bool { return strings.HasSuffix(name, "x-amz-lex:accept-content-types") })
}

// The two-locale bot, and the one of a template, hold a conversation.
func TestRowPoint2SmallBots(t *testing.T) {
	t.Parallel()
	c := begin(t, "acme-two-locales", "es-US")
	c.want("Close, Sales Fulfilled", c.say("Sales!"), "Transferring call to Sales")
	c = begin(t, "cfn-flan-fallback/template.json", "en_US")
	c.want("Close, DescribeLexBot ReadyForFulfillment", c.say("describe bot"), "Hello I am a sample Lex Bot that calls a Sagemaker Jumpstart model using langchain")
	c.hook = func(event map[string]any) (string, error) {
		return `{"sessionState":{"dialogAction":{"type":"Close"},"intent":{"name":"FallbackIntent","state":"Fulfilled"}},"messages":[{"contentType":"PlainText","content":"a model says so"}]}`, nil
	}
	c.want("Close, FallbackIntent Fulfilled", c.say("what is the meaning of life"), "a model says so")
}

// The Japanese bot has no utterances: the configuration answers, and hands back.
func TestRowPoint2QinConnect(t *testing.T) {
	t.Parallel()
	c := begin(t, "cfn-qinconnect-ja/template.yaml", "ja_JP")
	c.options.Generated = map[string][]lex.Generated{"AmazonQinConnectOrchestration": {
		{When: "担当者", Say: "おつなぎします", End: true, Attributes: map[string]string{"Tool": "Escalate"}}, {Say: "どうぞ"},
	}}
	c.want("ElicitIntent, AmazonQinConnectOrchestration InProgress", c.say("こんにちは"), "どうぞ")
	c.want("Close, AmazonQinConnectOrchestration Fulfilled", c.say("担当者をお願いします"), "おつなぎします")
	if c.session.Attributes["Tool"] != "Escalate" {
		t.Error(c.session.Attributes)
	}
	c.options.Generated = nil
	c.say("こんにちは")
	if c.state() != "Close, FallbackIntent ReadyForFulfillment" || len(c.notes) == 0 {
		t.Errorf("%s, notes %q", c.state(), c.notes)
	}
}

// The Italian bot is driven by its function: ten intents, dates and cities.
func TestRowPoint2Italian(t *testing.T) {
	t.Parallel()
	c := begin(t, "airline-italian", "it_IT")
	c.hook = func(event map[string]any) (string, error) {
		return `{"sessionState":{"dialogAction":{"type":"Delegate"}}}`, nil
	}
	c.say("Prenota un volo per Roma")
	if c.state() != "ElicitSlot TripType, BookFlight InProgress" || c.session.Intent.Slots["DestinationCity"].Text() != "Roma" {
		t.Error(c.state(), c.session.Intent)
	}
	c = begin(t, "airline-italian", "en_US")
	c.want("ElicitSlot TripType, BookFlight InProgress", c.say("I'd like to make a new reservation"), "Is this a one-way or round trip?")
	c.want("ElicitSlot OriginCity, BookFlight InProgress", c.say("two way please"), "What is the OriginCity.")
	if got := c.session.Intent.Slots["TripType"].Text(); got != "Round Trip" {
		t.Error(got)
	}
}

// What a function may not answer is Lex's own failure, with the place.
func TestRowPoint2BadAnswers(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`[]`: "it is a array", `null`: "sessionState.dialogAction.type is missing", `{"statusCode":500}`: "sessionState.dialogAction.type is missing", `nonsense`: "it is no JSON",
		`{"sessionState":{"dialogAction":{"type":"Dance"}}}`:                                                                `there is no dialogAction.type "Dance"`,
		`{"sessionState":{"dialogAction":{"type":"ElicitIntent"}}}`:                                                         "ElicitIntent needs a message",
		`{"sessionState":{"sessionAttributes":{"n":1},"dialogAction":{"type":"Delegate"}}}`:                                 "sessionAttributes is a number",
		`{"sessionState":{"dialogAction":{"type":"ElicitSlot","slotToElicit":"Nothing"}}}`:                                  `no slot "Nothing"`,
		`{"sessionState":{"dialogAction":{"type":"Delegate"},"intent":{"name":"Nobody"}}}`:                                  `no intent "Nobody"`,
		`{"sessionState":{"dialogAction":{"type":"Close"}},"messages":[{"contentType":"Smoke","content":"x"}]}`:             `no contentType "Smoke"`,
		`{"sessionState":{"dialogAction":{"type":"Close"},"sessionAttributes":{"a":"` + strings.Repeat("x", 26000) + `"}}}`: "may have at most 25600",
	} {
		c := begin(t, "blogbot-korean", "en_US")
		c.hook = func(map[string]any) (string, error) { return answer, nil }
		_, err := c.try(c.locale.Intent("SearchHotel").Utterances[0])
		failure, ok := errors.AsType[*lex.Failure](err)
		if !ok || failure.Kind != "DependencyFailedException" || !strings.Contains(failure.Text, "Invalid Lambda Response: ") || !strings.Contains(failure.Text, want) {
			t.Errorf("%.80s: %v", answer, err)
		}
	}
	// A hook that says what follows a failure does that instead.
	c := begin(t, "reminder-conditions", "en_US")
	c.hook = func(map[string]any) (string, error) { return "", errors.New("the function is down") }
	c.want("Close, CallIntent Failed", c.say("phone me"), "We'll call you the day before your appointment.")
	if len(c.notes) == 0 || !strings.Contains(c.notes[0], "the function is down") {
		t.Error(c.notes)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	c := begin(t, "acme-two-locales", "en_US")
	_, err := c.try(strings.Repeat("x", 1025))
	if failure, ok := errors.AsType[*lex.Failure](err); !ok || failure.Kind != "ValidationException" {
		t.Error(err)
	}
	c.options.Strict = true
	c.say("sales please")
	if c.session.Intent.Name != "FallbackIntent" {
		t.Error("a guess in strict mode")
	}
	c.options = lex.Options{Pinned: map[string]lex.Pin{"Talk to Sales": {Intent: "Sales"}}}
	c.say("talk to sales!")
	if c.session.Intent.Name != "Sales" || c.session.Match.Rule != lex.Pinned {
		t.Error(c.session.Intent, c.session.Match)
	}
	if !(&lex.Session{Used: today()}).Expired(today().Add(6*time.Minute), lex.DefaultTTL) {
		t.Error("a session outlives its time")
	}
}

// A function may lead to another intent at any stage, also to one that does not have the stage, and an
// answer that is refused changes nothing.
func TestHookChangesIntent(t *testing.T) {
	t.Parallel()
	const state = `{"sessionState":{"dialogAction":{"type":%q},"sessionAttributes":{"from":"the hook"},"intent":{"name":"Other","state":%q,"slots":%s}}}`
	goodbye := lex.Response{Groups: []lex.Group{{{Type: lex.PlainText, Content: "sorry"}}}}
	for name, c := range map[string]struct{ stage, answer, want string }{
		"confirmed":          {"confirmed", fmt.Sprintf(state, "Delegate", "InProgress", "{}"), "ElicitSlot Size, Other InProgress"},
		"declined":           {"declined", fmt.Sprintf(state, "Delegate", "InProgress", "{}"), "ElicitSlot Size, Other InProgress"},
		"failed":             {"confirmed", fmt.Sprintf(state, "Delegate", "Failed", "{}"), "ElicitSlot Size, Other InProgress"},
		"carried out":        {"fulfilment", fmt.Sprintf(state, "Close", "Fulfilled", "{}"), "Close, Other Fulfilled"},
		"failed to":          {"fulfilment", fmt.Sprintf(state, "Close", "Failed", "{}"), "Close, Other Failed"},
		"refused":            {"fulfilment", fmt.Sprintf(state, "Close", "Fulfilled", `{"Colour":null}`), "Close, Order Failed"},
		"refused confirming": {"confirmed", fmt.Sprintf(state, "Delegate", "InProgress", `{"Colour":null}`), "Close, Order Failed"},
	} {
		hook := &lex.Hook{Active: true, Invoked: true, Declared: true, Failure: lex.Outcome{Response: goodbye, Next: &lex.Step{Type: "EndConversation"}}}
		if c.stage == "fulfilment" {
			hook = nil
		}
		l := &lex.Locale{ID: "en_US", Threshold: 0.4, Intents: []*lex.Intent{
			{
				Name: "Order", Utterances: []string{"order"}, Hooked: true, Initial: &lex.Initial{},
				Confirmation: &lex.Confirmation{On: true, Prompt: lex.Prompt{Response: goodbye}, Hook: hook},
				Fulfilment:   &lex.Fulfilment{Hooked: true, Failure: lex.Outcome{Response: goodbye}},
			},
			{Name: "Other", Utterances: []string{"other"}, Initial: &lex.Initial{}, Slots: []*lex.Slot{{Name: "Size", Type: "AMAZON.Number", Required: true, Prompt: lex.Prompt{Response: goodbye}}}},
		}}
		l.Prepare()
		talk := &talk{t: t, locale: l, hook: func(map[string]any) (string, error) { return c.answer, nil }}
		talk.say("order")
		text := "yes"
		if c.stage == "declined" {
			text = "no"
		}
		talk.say(text)
		refused := strings.HasPrefix(name, "refused")
		if got := talk.state(); got != c.want || (talk.session.Attributes["from"] == "") != refused {
			t.Errorf("%s: it stands at %q, not %q, with %v", name, got, c.want, talk.session.Attributes)
		}
	}
}

// A slot's own utterances are tried first, and fill other slots, too.
func TestSlotUtterances(t *testing.T) {
	t.Parallel()
	ask := lex.Prompt{Response: lex.Response{Groups: []lex.Group{{{Type: lex.PlainText, Content: "?"}}}}}
	l := &lex.Locale{ID: "en_US", Threshold: 0.4, Intents: []*lex.Intent{{
		Name: "Order", Utterances: []string{"order"}, Initial: &lex.Initial{},
		Slots: []*lex.Slot{
			{Name: "Size", Type: "AMAZON.Number", Required: true, Prompt: ask, Utterances: []string{"{Size}", "make it {Size} for {Name}"}},
			{Name: "Name", Type: "AMAZON.FirstName", Required: true, Prompt: ask},
		},
	}}}
	l.Prepare()
	c := &talk{t: t, locale: l}
	c.say("order")
	c.want("Close, Order ReadyForFulfillment", c.say("Make it three for Ann"))
	if got := c.session.Intent.Slots["Size"].Text() + c.session.Intent.Slots["Name"].Text(); got != "3Ann" {
		t.Error(got)
	}
}

// A choice that the bot offered and does not know is told, also where it comes from a function.
func TestChoiceThatTheBotDoesNotKnow(t *testing.T) {
	t.Parallel()
	const picker = `{"templateType":"ListPicker","version":"1.0","data":{"content":{"title":"How can I help?","elements":[{"title":"%s"}]}}}`
	for title, want := range map[string][]string{
		"Check self-service options":          nil,
		"Order a pizza":                       {`the answer is none of the values of slot action: accepted, as its type takes what is similar`},
		"Send somebody who looks at the pump": {`the text was offered by the bot's own message, and is no value of slot action: add it to the type Action`},
	} {
		c := begin(t, "interactive-messages", "en_US")
		answers := []string{elicit("action", fmt.Sprintf(picker, title)), `{"sessionState":{"dialogAction":{"type":"Delegate"}}}`}
		c.hook = func(map[string]any) (string, error) {
			answer := answers[0]
			if len(answers) > 1 {
				answers = answers[1:]
			}
			return answer, nil
		}
		c.say("help")
		c.hook = nil
		c.say(title)
		if diff := cmp.Diff(want, c.notes); diff != "" {
			t.Errorf("%s (-want +got):\n%s", title, diff)
		}
	}
}

// A slot with several values takes them apart at blanks, commas and "and", where they are listed.
func TestSeveralValues(t *testing.T) {
	t.Parallel()
	ask := lex.Prompt{Response: lex.Response{Groups: []lex.Group{{{Type: lex.PlainText, Content: "?"}}}}}
	for text, want := range map[string]string{
		"olives ham": "Olives and Ham", "olives, ham and ice cream": "Olives and Ham and Ice cream", "ice cream ham": "Ice cream and Ham", "gelato": "Ice cream",
		"some ham": "Ham", "Ham olives, gelato": "Ham and Olives and Ice cream",
	} {
		l := &lex.Locale{ID: "en_US", Threshold: 0.4, Types: []*lex.SlotType{{Name: "Topping", Restricted: true, Values: []lex.SlotValue{
			{Value: "Olives"}, {Value: "Ham"}, {Value: "Ice"}, {Value: "Ice cream", Synonyms: []string{"gelato"}},
		}}}, Intents: []*lex.Intent{{
			Name: "Order", Utterances: []string{"order"}, Initial: &lex.Initial{}, Slots: []*lex.Slot{{Name: "Top", Type: "Topping", Multiple: true, Required: true, Prompt: ask}},
		}}}
		l.Prepare()
		c := &talk{t: t, locale: l}
		c.say("order")
		c.say(text)
		if got := c.session.Intent.Slots["Top"].Text(); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// A step sets constants, placeholders, and what the customer has said.
func TestStepSetsWhatWasSaid(t *testing.T) {
	t.Parallel()
	said, unknown := "$.transcriptions[0].transcription", "$.50"
	l := &lex.Locale{ID: "en_US", Threshold: 0.4, Intents: []*lex.Intent{{
		Name: "Order", Utterances: []string{"order"}, Slots: []*lex.Slot{{Name: "Note", Type: "AMAZON.FreeFormInput"}},
		Initial: &lex.Initial{Outcome: lex.Outcome{Next: &lex.Step{
			Type: "EndConversation", Slots: map[string]*lex.Value{"Note": {Interpreted: &said}}, Attributes: map[string]string{"said": "$.inputTranscript", "price": unknown},
		}}},
	}}}
	l.Prepare()
	c := &talk{t: t, locale: l}
	c.say("Order")
	if got := c.session.Intent.Slots["Note"].Text() + c.session.Attributes["said"] + c.session.Attributes["price"]; got != "OrderOrder$.50" {
		t.Error(got)
	}
}
