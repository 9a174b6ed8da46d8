package lex

import (
	"math"
	"regexp"
	"slices"
	"strings"
)

// Intent is something that a customer can want.
type Intent struct {
	Name string
	// Signature is the built-in intent that it is, such as AMAZON.FallbackIntent; empty for an intent
	// of the bot's own.
	Signature  string
	Utterances []string
	Slots      []*Slot
	// Initial, Confirmation, Fulfilment and Closing are the stages; nil for one that is not set.
	Initial      *Initial
	Confirmation *Confirmation
	Fulfilment   *Fulfilment
	Closing      *Closing
	// Hooked says that code hooks of the dialogue are on for the intent.
	Hooked bool
	// Inputs are the contexts that have to be active; Outputs become active with the fulfilment.
	Inputs  []string
	Outputs []OutputContext
	// File is where it was read from.
	File string
}

// Is reports whether the intent is a built-in one. The files and the guide differ in the case of
// letters.
func (i *Intent) Is(signature string) bool { return strings.EqualFold(i.Signature, signature) }

// generative reports whether a service answers for the intent where no other matches.
func (i *Intent) generative() bool {
	return slices.ContainsFunc([]string{"AMAZON.QnAIntent", "AMAZON.QinConnectIntent", "AMAZON.BedrockAgentIntent", "AMAZON.KendraSearchIntent"}, i.Is)
}

// Slot returns a slot by its name; nil when there is none.
func (i *Intent) Slot(name string) *Slot {
	for _, s := range i.Slots {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Slot is a value that an intent needs or can have.
type Slot struct {
	Name, Type string
	Required   bool
	// Priority is the place in the order in which slots are asked for; nil for none.
	Priority *int
	Prompt   Prompt
	// Defaults are values for a slot nobody has filled: #context.slot, [attribute], <request
	// attribute> or a constant.
	Defaults   []string
	Utterances []string
	Multiple   bool
	Capture    Capture
	File       string

	phrases []utterance // the utterances with words, taken apart
}

// rank is the place of a slot in the order of questions.
func (s *Slot) rank() int {
	if s.Priority == nil {
		return math.MaxInt
	}
	return *s.Priority
}

// Prompt is a question, with its retries.
type Prompt struct {
	Response
	MaxRetries int
	// Ordered says that the variations are walked through over the retries.
	Ordered bool
}

// Response is what the bot says: a message of each group.
type Response struct{ Groups []Group }

// Group is a message with its variations.
type Group []Message

// Message is one message of a bot.
type Message struct {
	// Type is PlainText, CustomPayload, SSML or ImageResponseCard.
	Type    string `json:"contentType"`
	Content string `json:"content,omitempty"`
	Card    *Card  `json:"imageResponseCard,omitempty"`
}

// Card is a response card.
type Card struct {
	Title    string   `json:"title"`
	Subtitle string   `json:"subtitle,omitempty"`
	ImageURL string   `json:"imageUrl,omitempty"`
	Buttons  []Button `json:"buttons,omitempty"`
}

// Button is one of a card's choices; Value is what the customer says by it.
type Button struct {
	Text  string `json:"text"`
	Value string `json:"value"`
}

// Capture is what follows an answer to a slot's question, or the want of one.
type Capture struct {
	Captured, Failed Outcome
	Hook             *Hook
	// Elicitation is the hook that is called after each attempt.
	Elicitation *Elicitation
}

// Elicitation is the hook after each attempt of a question.
type Elicitation struct {
	On    bool
	Label string
}

// Outcome is what the bot says and does after something.
type Outcome struct {
	Response    Response
	Next        *Step
	Conditional *Conditional
}

// Initial is the stage in which an intent begins.
type Initial struct {
	Outcome
	Hook *Hook
}

// Confirmation is the stage that asks whether everything is right.
type Confirmation struct {
	On                          bool
	Prompt                      Prompt
	Confirmed, Declined, Failed Outcome
	Hook                        *Hook
	Elicitation                 *Elicitation
}

// Fulfilment is the stage in which the intent is carried out.
type Fulfilment struct {
	// Hooked says that a function carries it out; Inactive that the stage is switched off.
	Hooked, Inactive          bool
	Success, Failure, Timeout Outcome
}

// Closing is the last stage.
type Closing struct {
	On bool
	Outcome
}

// Hook is a code hook of the dialogue.
type Hook struct {
	// Active and Invoked have both to be set for a call.
	Active, Invoked           bool
	Label                     string
	Success, Failure, Timeout Outcome
	// Declared says that the hook says what follows it.
	Declared bool
}

// Step is what the bot does next.
type Step struct {
	// Type is one of the nine types of dialog actions.
	Type       string
	Slot       string
	Suppressed bool // the next message is not said
	// Intent is the intent that is meant; empty for the running one. Slots are set; nil clears one.
	Intent     string
	Slots      map[string]*Value
	Attributes map[string]string
}

// Conditional is a choice of branches.
type Conditional struct {
	Active   bool
	Branches []Branch
	Default  *Branch
}

// Branch is one way, taken when its expression is true.
type Branch struct {
	Name, Expression string
	Response         Response
	Next             *Step

	parsed expression
}

// OutputContext becomes active when its intent is fulfilled.
type OutputContext struct {
	Name           string
	Seconds, Turns int
}

// SlotType is a slot type of the bot's own.
type SlotType struct {
	Name   string
	Values []SlotValue
	// Restricted takes listed values only; else they are examples.
	Restricted bool
	// Pattern is the regular expression a value has to match, Parent the built-in type it extends.
	Pattern, Parent string
	// Grammar and Composite are kinds that do not run offline.
	Grammar, Composite bool
	File               string

	pattern *regexp.Regexp
	values  []listed
}

// SlotValue is a value with its synonyms.
type SlotValue struct {
	Value    string
	Synonyms []string
}

// Calls reports whether a code hook of the intent calls a function, where there is one.
func (i *Intent) Calls() bool {
	if i.Fulfilment != nil && i.Fulfilment.Hooked && !i.Fulfilment.Inactive {
		return true
	}
	if !i.Hooked {
		return false
	}
	on := func(h *Hook) bool { return h != nil && h.Active && h.Invoked }
	after := func(e *Elicitation) bool { return e != nil && e.On }
	return i.Initial == nil || on(i.Initial.Hook) ||
		i.Confirmation != nil && (on(i.Confirmation.Hook) || after(i.Confirmation.Elicitation)) ||
		slices.ContainsFunc(i.Slots, func(s *Slot) bool { return on(s.Capture.Hook) || after(s.Capture.Elicitation) })
}
