package fault

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/participant"
	"github.com/parley-chat/parley/internal/rawjson"
)

// Rule says what goes wrong, where and how often. Its JSON is the one of the console's API.
type Rule struct {
	// ID is given by [Rules.Add]; one that is handed in is replaced.
	ID string `json:"id"`
	// Name is what people call it, at most 100 characters; empty becomes a description.
	Name string `json:"name"`
	// Action is what it is about: the name of an action of the Participant Service or of
	// Amazon Connect, "WebSocket", or "*" for everything. Empty means what suits the effect.
	Action string `json:"action"`
	// ContactID limits the rule to one contact; empty means all. A StartChatContact belongs
	// to none yet.
	ContactID string `json:"contactId,omitzero"`
	// Percent is how likely it strikes, from 1 to 100; zero means 100.
	Percent int `json:"percent"`
	// Times is how often it strikes before it ends; zero means without end.
	Times int `json:"times"`
	// ForMs is for how many milliseconds it lasts, at most a day; zero means without end.
	ForMs int64 `json:"forMs,omitzero"`
	// Effect is what happens when it strikes.
	Effect Effect `json:"effect"`
	// Hits is how often it has struck. Input is ignored.
	Hits int `json:"hits"`
}

// Effect is what a rule does.
type Effect struct {
	Type EffectType `json:"type"`
	// Status is the HTTP status of "status" and "refuseSocket", from 400 to 599: zero means
	// 500 and 503. For "cutSocket" it is the code of the close frame (1000, 1001, 3000 …);
	// zero ends the connection without one.
	Status int `json:"status,omitzero"`
	// Error is the name of the exception that goes with a status, Message its text; empty
	// means what AWS answers.
	Error   string `json:"error,omitzero"`
	Message string `json:"message,omitzero"`
	// DelayMs is how many milliseconds "delay" takes, at most five minutes.
	DelayMs int64 `json:"delayMs,omitzero"`
	// Before makes "drop" lose the request instead of the answer.
	Before bool `json:"before,omitzero"`
	// Chunk is the number of the last piece that "stopStream" lets through; zero means none.
	Chunk int `json:"chunk,omitzero"`
}

// EffectType names what a rule does.
type EffectType string

// Effects. Those of sockets are about "WebSocket".
const (
	// Status answers with an error of AWS instead of carrying the action out.
	Status EffectType = "status"
	// Throttle is Status with AWS's answer to too many calls.
	Throttle EffectType = "throttle"
	// Delay makes an action begin, or a frame arrive, late. Frames keep their order; those of
	// a client are taken one after the other.
	Delay EffectType = "delay"
	// Drop carries an action out and ends the connection without an answer, or, with Before,
	// does not carry it out. It loses a frame.
	Drop EffectType = "drop"
	// Duplicate carries an action out twice, with the same body; the second answer is sent. It
	// sends a frame twice.
	Duplicate EffectType = "duplicate"
	// CutSocket ends open sockets: each that is open when the rule is added, and then one with
	// each frame.
	CutSocket EffectType = "cutSocket"
	// RefuseSocket answers upgrades with an error.
	RefuseSocket EffectType = "refuseSocket"
	// HalfOpen leaves open and new sockets open with nobody behind them, until the rule ends.
	HalfOpen EffectType = "halfOpen"
	// ExpireTokens makes the connection tokens and socket addresses given out so far stop
	// working: at once, or, with the name of an action, whenever it is called.
	ExpireTokens EffectType = "expireTokens"
	// RejectAttachment finds completed attachments unfit.
	RejectAttachment EffectType = "rejectAttachment"
	// PassBroken lets agents and bots send an interactive message that clients cannot show, which is
	// refused otherwise.
	PassBroken EffectType = "passBroken"
	// FailTransfer lets the transfers of agents fail: participants are told transfer.failed.
	FailTransfer EffectType = "failTransfer"
	// StopStream keeps what follows the Chunk of a message that is said in pieces from a socket, the
	// completed message too. GetTranscript shows that.
	StopStream EffectType = "stopStream"
)

// Everything is the action of a rule about all there is.
const Everything = "*"

const (
	longestName    = 100
	longestMessage = 1024
	longestID      = 256
	mostTimes      = 1_000_000
	longestDelay   = 5 * time.Minute
	longestLife    = 24 * time.Hour
	completeUpload = "CompleteAttachmentUpload"
	sendMessage    = "SendMessage"
)

// suiting returns the actions an effect can be about, the first of which is meant when none is
// named; nil means all.
func (t EffectType) suiting() (actions []string, known bool) {
	switch t {
	case Status, Throttle, Delay, Drop, Duplicate, ExpireTokens:
		return nil, true
	case CutSocket, RefuseSocket, HalfOpen, StopStream:
		return []string{participant.SocketAction, Everything}, true
	case RejectAttachment:
		return []string{completeUpload, Everything}, true
	case PassBroken:
		return []string{sendMessage, Everything}, true
	case FailTransfer: // which no client calls
		return []string{Everything}, true
	}
	return nil, false
}

// effectTypes are all effects, in the order people are told them.
func effectTypes() []EffectType {
	return []EffectType{
		Status, Delay, Drop, Duplicate, CutSocket, RefuseSocket, ExpireTokens, HalfOpen, RejectAttachment, PassBroken,
		FailTransfer, StopStream, Throttle,
	}
}

// InvalidError says what is wrong with a rule.
type InvalidError struct {
	// Field is the member as it is written in JSON ("effect.status"); empty for the whole.
	Field string
	// Text says what it has to be, without the member's name.
	Text string
}

// Error implements error.
func (e *InvalidError) Error() string {
	if e.Field == "" {
		return "the rule " + e.Text
	}
	return e.Field + " " + e.Text
}

// ParseRule reads a rule from JSON and checks it. Members that a rule does not have are errors,
// as they are mostly misspelt. Errors are of type [*InvalidError].
func ParseRule(text []byte) (Rule, error) {
	var rule Rule
	err := json.Unmarshal(text, &rule, json.RejectUnknownMembers(true))
	if err != nil {
		return Rule{}, decodingError(err)
	}
	if jsontext.Value(text).Kind() != '{' {
		return Rule{}, &InvalidError{Text: "is not a JSON object"}
	}
	return rule.checked()
}

// decodingError turns what the decoder says into the field and what it has to be.
func decodingError(err error) error {
	wrong, ok := errors.AsType[*json.SemanticError](err)
	if !ok {
		if broken, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
			return &InvalidError{Field: field(broken.JSONPointer), Text: fmt.Sprintf("is not valid JSON at byte %d", broken.ByteOffset)}
		}
		return &InvalidError{Text: "is not valid JSON"}
	}
	name := field(wrong.JSONPointer)
	switch {
	case errors.Is(wrong.Err, json.ErrUnknownName):
		return &InvalidError{Field: name, Text: "is no member of a rule"}
	case name == "":
		return &InvalidError{Text: "is not a JSON object"}
	case wrong.GoType == nil:
		return &InvalidError{Field: name, Text: "has the wrong type"}
	}
	switch wrong.GoType.Kind().String() {
	case "int", "int64":
		return &InvalidError{Field: name, Text: "has to be a whole number"}
	case "bool":
		return &InvalidError{Field: name, Text: "has to be true or false"}
	case "struct":
		return &InvalidError{Field: name, Text: `has to be an object such as {"type":"throttle"}`}
	}
	return &InvalidError{Field: name, Text: "has to be a text"}
}

// field writes a JSON pointer as people write members.
func field(pointer jsontext.Pointer) string {
	return excerpt.Of(rawjson.Path(pointer), longestName)
}

// exceptionName is what AWS's exceptions look like; they are at most [longestName] long.
var exceptionName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*$`)

// checked checks a rule and fills in what it leaves out.
func (r Rule) checked() (Rule, error) {
	r.ID, r.Hits = "", 0
	if r.Percent == 0 {
		r.Percent = 100
	}
	suiting, known := r.Effect.Type.suiting()
	if r.Action == "" {
		r.Action = Everything
		if len(suiting) > 0 {
			r.Action = suiting[0]
		}
	}
	wrong := func(ok bool, field, format string, args ...any) error {
		if ok {
			return nil
		}
		return &InvalidError{Field: field, Text: fmt.Sprintf(format, args...)}
	}
	for _, err := range []error{
		wrong(r.Effect.Type != "", "effect.type", "is missing: one of %s", list(effectTypes())),
		wrong(known, "effect.type", "has to be one of %s", list(effectTypes())),
		wrong(r.Action == Everything || slices.Contains(Actions(), r.Action), "action", "names no action; see the list of actions"),
		wrong(suiting == nil || slices.Contains(suiting, r.Action), "action", "has to be one of %s for %s", list(suiting), r.Effect.Type),
		wrong(r.Effect.Type != ExpireTokens || r.Action != participant.SocketAction, "action", "cannot be %s for %s", r.Action, r.Effect.Type),
		wrong(r.Percent >= 1 && r.Percent <= 100, "percent", "has to be from 1 to 100, and is %d", r.Percent),
		wrong(r.Times >= 0 && r.Times <= mostTimes, "times", "has to be from 0 to %d, and is %d", mostTimes, r.Times),
		wrong(r.ForMs >= 0 && r.ForMs <= longestLife.Milliseconds(), "forMs", "has to be from 0 to %d, and is %d", longestLife.Milliseconds(), r.ForMs),
		wrong(utf8.RuneCountInString(r.Name) <= longestName, "name", "has to be at most %d characters, and has %d", longestName, utf8.RuneCountInString(r.Name)),
		wrong(utf8.RuneCountInString(r.ContactID) <= longestID, "contactId", "has to be at most %d characters, and has %d", longestID, utf8.RuneCountInString(r.ContactID)),
		r.Effect.check(wrong),
	} {
		if err != nil {
			return Rule{}, err
		}
	}
	if r.Name == "" {
		r.Name = r.description()
	}
	return r, nil
}

// check checks the members that depend on the type.
func (e Effect) check(wrong func(ok bool, field, format string, args ...any) error) error {
	status, refuses := e.Status, e.Type == Status || e.Type == RefuseSocket
	longest := longestDelay.Milliseconds()
	for _, err := range []error{
		wrong(!refuses || status == 0 || status >= 400 && status <= 599, "effect.status", "has to be from 400 to 599, and is %d", status),
		wrong(e.Type != CutSocket || status == 0 || closes(status), "effect.status",
			"has to be the code of a close frame, such as 1001 or 4000, or 0 for none"),
		wrong(refuses || e.Type == CutSocket || status == 0, "effect.status", "has no meaning for %s", e.Type),
		wrong(e.Error == "" || exceptionName.MatchString(e.Error), "effect.error", "has to be a name such as ThrottlingException"),
		wrong(len(e.Error) <= longestName, "effect.error", "has to be at most %d characters, and has %d", longestName, len(e.Error)),
		wrong(e.Error == "" || refuses, "effect.error", "has no meaning for %s", e.Type),
		wrong(utf8.RuneCountInString(e.Message) <= longestMessage, "effect.message", "has to be at most %d characters, and has %d", longestMessage, utf8.RuneCountInString(e.Message)),
		wrong(e.Message == "" || refuses, "effect.message", "has no meaning for %s", e.Type),
		wrong(e.Type != Delay || e.DelayMs >= 1 && e.DelayMs <= longest, "effect.delayMs", "has to be from 1 to %d, and is %d", longest, e.DelayMs),
		wrong(e.Type == Delay || e.DelayMs == 0, "effect.delayMs", "has no meaning for %s", e.Type),
		wrong(!e.Before || e.Type == Drop, "effect.before", "has no meaning for %s", e.Type),
		wrong(e.Chunk >= 0 && e.Chunk <= mostTimes, "effect.chunk", "has to be from 0 to %d", mostTimes),
		wrong(e.Chunk == 0 || e.Type == StopStream, "effect.chunk", "has no meaning for %s", e.Type),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

// closes reports whether a code may stand in a close frame (RFC 6455, section 7.4).
func closes(code int) bool {
	return code >= 1000 && code <= 1003 || code >= 1007 && code <= 1014 || code >= 3000 && code <= 4999
}

// description is the name of a rule without one.
func (r Rule) description() string {
	text := string(r.Effect.Type)
	switch {
	case r.Effect.Status != 0:
		text += fmt.Sprintf(" %d", r.Effect.Status)
	case r.Effect.DelayMs != 0:
		text += fmt.Sprintf(" %d ms", r.Effect.DelayMs)
	}
	if r.Action != Everything {
		text = r.Action + ": " + text
	}
	if r.Percent != 100 {
		text += fmt.Sprintf(", %d %%", r.Percent)
	}
	return text
}

func list[T ~string](values []T) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = string(value)
	}
	return strings.Join(texts, ", ")
}

// defaultStatus is the status of a refusal whose rule names none.
func (e Effect) defaultStatus() int {
	switch {
	case e.Type == Throttle:
		return http.StatusTooManyRequests
	case e.Status != 0:
		return e.Status
	case e.Type == RefuseSocket:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
