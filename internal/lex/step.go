package lex

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Input is what happened to a conversation.
type Input struct {
	// Now is the time.
	Now time.Time
	// Text is what the customer says.
	Text string
	// Attributes replace the session attributes; nil leaves them.
	Attributes map[string]string
	// Request are the request attributes.
	Request map[string]string
	// Given is the state that a caller of the runtime API gives; nil for none. Put says that there is no
	// text: the conversation goes on from that state.
	Given *Given
	Put   bool
	// Hooked says that there is a function for code hooks.
	Hooked bool
	// Answer answers the [Call] of the step before; Text means nothing then.
	Answer *Answer
	// Options are what the configuration says beside the bot.
	Options Options
}

// Options change how a bot is run.
type Options struct {
	// Strict counts exact texts only: whatever would be a guess is not understood.
	Strict bool
	// Pinned are the intents of texts, which win over everything.
	Pinned map[string]Pin
	// Generated are the answers of intents for which a service answers, by the intent's name; Served are
	// the intents whose service is called for each text.
	Generated map[string][]Generated
	Served    map[string]bool
}

// Pin is what a text means.
type Pin struct {
	Intent string
	Slots  map[string]string
}

// Generated is an answer of an intent for which a service answers.
type Generated struct {
	// When is a text that has to stand in what the customer said; empty for any.
	When string
	// Say is what the bot says, and Messages further ones; Attributes are set.
	Say        string
	Messages   []Message
	Attributes map[string]string
	// Tool is the tool with which an AI agent hands the conversation back, such as Complete or Escalate;
	// it becomes the session attribute of this name. End hands it back without.
	//
	// Source: "Use agentic self-service" in the Amazon Connect administrator guide.
	Tool string
	End  bool
}

// Ends reports whether the conversation is handed back with the answer.
func (g *Generated) Ends() bool { return g.End || g.Tool != "" }

// Said are the messages of the answer.
func (g *Generated) Said() []Message {
	if g.Say == "" {
		return g.Messages
	}
	return append([]Message{{Type: PlainText, Content: g.Say}}, g.Messages...)
}

// Choose is the first answer that is for a text; nil for none.
func Choose(answers []Generated, text string) *Generated {
	text = strings.ToLower(text)
	for i := range answers {
		if strings.Contains(text, strings.ToLower(answers[i].When)) {
			return &answers[i]
		}
	}
	return nil
}

// Turn is what one input led to.
type Turn struct {
	Session Session
	// Messages are what the bot says, when Call is nil.
	Messages []Message
	// Call is a code hook that wants to be called; its answer is the next input.
	Call *Call
	// Request are the request attributes as they are now: a function may change them.
	Request map[string]string
	// Notes are what the reader of a log should know, in sentences that do not repeat the text: a log is kept
	// and passed on.
	Notes []string
}

// Errors of a step. What the real Lex answers with is in [Failure].
var errSteps = errors.New("the bot took 100 steps without waiting for the customer")

// Failure is an answer of Lex that is an error.
//
//nolint:errname // it is what Lex answers, by the word of its documentation
type Failure struct {
	// Kind is Lex's name of it, such as DependencyFailedException.
	Kind string
	Text string
}

// Error implements error.
func (f *Failure) Error() string { return f.Kind + ": " + f.Text }

// LongestText is how many characters a customer may say to a bot.
//
// Source: RecognizeText in the Lex V2 API reference.
const LongestText = 1024

// Step tells a conversation what happened. The zero session is a new one. Errors are a [Failure] for
// what the real Lex refuses, too.
func (l *Locale) Step(s Session, in Input) (Turn, error) {
	m := &machine{l: l, in: in}
	if s.Version != SessionVersion || s.Locale != l.ID {
		s = Session{Version: SessionVersion, Locale: l.ID}
	}
	m.s = s.clone()
	m.s.Used = in.Now
	if in.Attributes != nil {
		m.s.Attributes = in.Attributes
	}
	var next then
	var err error
	switch {
	case in.Answer != nil:
		if s.Pending == nil {
			return Turn{}, errors.New("no code hook was called")
		}
		m.out, m.steps, m.notes = s.Pending.Messages, s.Pending.Steps, s.Pending.Notes
		m.s.Pending = nil
		next, err = m.answered(s.Pending, in.Answer)
	case in.Put:
		m.s.Pending, m.s.Match = nil, nil
		next, err = m.put()
	case len([]rune(in.Text)) > LongestText:
		return Turn{}, &Failure{"ValidationException", fmt.Sprintf("the text has more than the %d characters that Lex takes", LongestText)}
	case strings.TrimSpace(in.Text) == "":
		return Turn{}, &Failure{"ValidationException", "the text is empty"}
	default:
		m.s.Pending = nil
		m.s.age(in.Now)
		m.s.Transcript = in.Text
		m.s.Match = nil
		if in.Given != nil {
			err = m.given()
		}
		if err == nil {
			next = m.interpret()
		}
	}
	if err == nil {
		err = m.run(next)
	}
	if err != nil {
		return Turn{}, err
	}
	turn := Turn{Session: *m.s, Call: m.call, Request: m.in.Request, Notes: m.notes}
	if m.call == nil {
		turn.Messages = m.out
		turn.Session.Said = m.out
	}
	return turn, nil
}

// machine is one step of one conversation.
type machine struct {
	l     *Locale
	s     *Session
	in    Input
	out   []Message
	notes []string
	call  *Call
	steps int
}

// then is what comes next; nil when the bot waits or the conversation is over.
type then func() (then, error)

// most bounds the steps of a turn.
const most = 100

// run goes from step to step until one waits for the customer. A bot whose steps lead in a circle fails.
func (m *machine) run(next then) error {
	for next != nil {
		if m.steps++; m.steps > most {
			where := ""
			if m.s.Intent != nil {
				where = ", the last in " + m.s.Intent.Name
			}
			return fmt.Errorf("%w%s: a condition or a step leads back to where it came from", errSteps, where)
		}
		var err error
		if next, err = next(); err != nil {
			return err
		}
	}
	return nil
}

func (m *machine) note(format string, args ...any) {
	m.notes = append(m.notes, fmt.Sprintf(format, args...))
}

// intent is the definition of the intent that runs.
func (m *machine) intent() *Intent {
	if m.s.Intent == nil {
		return nil
	}
	return m.l.byName[m.s.Intent.Name]
}

// start begins an intent. Slots that are given are kept; the others get their defaults.
func (m *machine) start(name string, slots map[string]*Value, suppressed bool) (then, error) {
	i := m.l.byName[name]
	if i == nil {
		return nil, &Failure{"ValidationException", fmt.Sprintf("there is no intent %q", name)}
	}
	m.s.Intent = &Running{Name: i.Name, State: inProgress, Confirmation: undecided, Slots: map[string]*Value{}}
	m.s.Dialog, m.s.Asked, m.s.Attempt = "", "", 0
	for name, v := range slots {
		if v != nil && i.Slot(name) != nil {
			m.s.Intent.Slots[name] = v
		}
	}
	for _, s := range i.Slots {
		if m.s.Intent.Slots[s.Name] == nil {
			if text, ok := m.defaultOf(s); ok {
				m.s.Intent.Slots[s.Name] = &Value{Original: text, Interpreted: &text, Resolved: []string{text}}
			}
		}
	}
	return m.initial(i, suppressed), nil
}

// defaultOf is the first default of a slot that has a value.
func (m *machine) defaultOf(s *Slot) (string, bool) {
	for _, d := range s.Defaults {
		switch {
		case strings.HasPrefix(d, "#"):
			context, name, _ := strings.Cut(d[1:], ".")
			for _, c := range m.s.Contexts {
				if v, ok := c.Attributes[name]; ok && c.Name == context {
					return v, true
				}
			}
		case strings.HasPrefix(d, "[") && strings.HasSuffix(d, "]"):
			if v, ok := m.s.Attributes[d[1:len(d)-1]]; ok {
				return v, true
			}
		case strings.HasPrefix(d, "<") && strings.HasSuffix(d, ">"):
			if v, ok := m.in.Request[d[1:len(d)-1]]; ok {
				return v, true
			}
		case d != "":
			return d, true
		}
	}
	return "", false
}
