package lex

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/parley-chat/parley/internal/lexslot"
)

// Level is how much a finding matters.
type Level string

// Levels of findings.
const (
	// Broken says that the bot cannot run.
	Broken Level = "error"
	// Doubtful says that something of the bot does not run, or not as the real Lex runs it.
	Doubtful Level = "warning"
)

// Finding is something about a bot that whoever wrote it should know.
type Finding struct {
	Level Level  `json:"level"`
	Rule  string `json:"rule"`
	// File is where it is, with the member in question.
	File string `json:"file,omitempty"`
	// Text says what is wrong and what happens; Remedy says what to do.
	Text   string `json:"text"`
	Remedy string `json:"remedy,omitempty"`
}

// String is the finding in one line.
func (f Finding) String() string {
	text := f.Text
	if f.File != "" {
		text = f.File + ": " + text
	}
	if f.Remedy != "" {
		text += "; " + f.Remedy
	}
	return text
}

// check collects what is wrong with a locale.
type check struct {
	l         *Locale
	findings  []Finding
	questions []question
}

func (c *check) broken(file, rule, text, remedy string) {
	c.findings = append(c.findings, Finding{Broken, rule, file, text, remedy})
}

func (c *check) doubt(file, rule, text, remedy string) {
	c.findings = append(c.findings, Finding{Doubtful, rule, file, text, remedy})
}

// escape is \uXXXX, which Lex writes and Go does not.
var escape = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)

// compile makes a slot type ready to run.
func (c *check) compile(t *SlotType) {
	t.prepare(lexslot.Unspaced(c.l.ID))
	switch {
	case t.Grammar:
		c.doubt(t.File, "grammar", fmt.Sprintf("slot type %q has a grammar in S3: it takes any text here", t.Name), "")
	case t.Composite:
		c.doubt(t.File, "composite", fmt.Sprintf("slot type %q is composite: it takes any text here, and its parts stay empty", t.Name), "")
	case t.Parent == "" && len(t.Values) == 0:
		c.doubt(t.File, "empty", fmt.Sprintf("slot type %q has no values", t.Name), "add values")
	}
	if t.Pattern == "" {
		return
	}
	pattern, err := regexp.Compile(`\A(?:` + escape.ReplaceAllString(t.Pattern, `\x{$1}`) + `)\z`)
	if err != nil {
		c.broken(t.File, "pattern", fmt.Sprintf("the pattern %q of slot type %q cannot be read: %v", t.Pattern, t.Name, errors.Unwrap(err)), "correct the regular expression")
		return
	}
	t.pattern = pattern
}

// locale checks everything that names something else.
func (c *check) locale() {
	said := map[string]*Intent{}
	usable := false
	for _, i := range c.l.Intents {
		usable = usable || len(i.Utterances) > 0 || i.Signature != "" && !i.Is("AMAZON.FallbackIntent")
		for _, text := range i.Utterances {
			plain := lexslot.Plain(text)
			if other := said[plain]; other != nil && other != i {
				c.doubt(i.File, "utterance", fmt.Sprintf("%q is an utterance of %s, too, which comes first", strings.TrimSpace(text), other.Name), "leave it in one of the two")
			} else {
				said[plain] = i
			}
		}
		c.intent(i)
	}
	if !usable {
		c.broken(c.l.File, "intents", fmt.Sprintf("locale %s has no intent with an utterance", c.l.ID), "add an intent, or give another file")
	}
	if c.l.Threshold > highestThreshold {
		c.doubt(c.l.File, "threshold", fmt.Sprintf("the confidence threshold %g is taken for %g: scores here are not those of Lex", c.l.Threshold, highestThreshold), "")
	}
}

// placeholder is the place of a slot in an utterance.
var placeholder = regexp.MustCompile(`\{\s*([^{}]+?)\s*\}`)

// intent checks an intent with its slots and stages.
func (c *check) intent(i *Intent) {
	for _, text := range i.Utterances {
		for _, found := range placeholder.FindAllStringSubmatch(text, -1) {
			if i.Slot(found[1]) == nil {
				c.doubt(i.File, "placeholder", fmt.Sprintf("the utterance %q names a slot %q that the intent has not", text, found[1]), "Lex refuses to build that: correct the name")
			}
		}
	}
	if i.generative() {
		c.doubt(i.File, "generative", fmt.Sprintf("%s is answered by a service: here by the answers of the configuration, else the fallback follows", i.Name), "")
	}
	names := map[string]bool{}
	for _, s := range i.Slots {
		if names[s.Name] {
			c.broken(s.File, "twice", fmt.Sprintf("intent %s has two slots named %q", i.Name, s.Name), "names are unique in an intent: rename one")
		}
		names[s.Name] = true
		c.slot(i, s)
	}
	c.stages(i)
}

// slot checks whether a slot can be asked for and read.
func (c *check) slot(i *Intent, s *Slot) {
	switch t := c.l.types[s.Type]; {
	case t != nil:
	case !strings.HasPrefix(s.Type, "AMAZON."):
		c.broken(s.File, "slot-type", fmt.Sprintf("slot %s of %s has the type %q, which is not there", s.Name, i.Name, s.Type), "add the slot type's file, or give the slot a type that there is")
	case strings.EqualFold(s.Type, "AMAZON.FreeFormInput"):
		c.doubt(s.File, "free-form", fmt.Sprintf("slot %s of %s is an AMAZON.FreeFormInput, which Amazon Connect does not support in chats: it runs here", s.Name, i.Name), "")
	case !lexslot.Known(s.Type):
		c.doubt(s.File, "slot-type", fmt.Sprintf("slot %s of %s has the type %s, which takes any text here", s.Name, i.Name, s.Type), "")
	}
	if s.Required && s.Priority == nil {
		c.doubt(s.File, "priority", fmt.Sprintf("slot %s of %s is required and has no priority: it is asked for last", s.Name, i.Name), "Lex refuses to build that: give it a priority")
	}
	if s.Required && len(s.Prompt.Groups) == 0 {
		c.doubt(s.File, "prompt", fmt.Sprintf("slot %s of %s is required and has no prompt: the bot waits without a word", s.Name, i.Name), "give it a prompt")
	}
}
