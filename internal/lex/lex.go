// Package lex holds the dialogue of Amazon Lex V2 bots, offline: which intent a text means, which slots
// it fills, what the bot asks and says next.
//
// A [Locale] is a bot in one language. [Locale.Step] takes a session and what happened, and returns
// the next session: it does nothing by itself, knows neither clocks nor functions, and the same input
// gives the same answer. A code hook is a [Call] that the caller answers in the next step. A locale is
// safe for concurrent use once [Locale.Prepare] has returned; a [Session] is data, its JSON is what is
// stored.
package lex

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/lexslot"
)

// Bot is an Amazon Lex V2 bot as its files describe it.
type Bot struct {
	Name, ID, Version string
	// TTL is for how long a session is kept after its last request.
	TTL     time.Duration
	Locales []*Locale
	Aliases []Alias
}

// Alias is a name under which a bot is called.
type Alias struct {
	ID, Name string
	// Functions are the names or ARNs of the functions of code hooks, by locale.
	Functions map[string]string
}

// DefaultTTL is the lifetime of sessions of a bot that does not say.
const DefaultTTL = 5 * time.Minute

// Locale returns the bot in a language such as en_US or en-US; an empty one is the bot's first. False
// when it is not there in that language, as with Lex, whatever others there are.
//
// Source: RecognizeText in the API reference of Amazon Lex V2, which asks for bot and locale together.
func (b *Bot) Locale(id string) (*Locale, bool) {
	id = strings.ReplaceAll(id, "-", "_")
	for _, l := range b.Locales {
		if strings.EqualFold(l.ID, id) {
			return l, true
		}
	}
	if len(b.Locales) > 0 && id == "" {
		return b.Locales[0], true
	}
	return nil, false
}

// LocaleIDs are the languages of the bot.
func (b *Bot) LocaleIDs() []string {
	ids := make([]string, 0, len(b.Locales))
	for _, l := range b.Locales {
		ids = append(ids, l.ID)
	}
	return ids
}

// Locale is a bot in one language.
type Locale struct {
	ID string
	// Threshold is the score below which nothing was understood, as the bot's files give it.
	Threshold float64
	// File is where the locale was read from.
	File    string
	Intents []*Intent
	Types   []*SlotType

	// What Prepare makes.
	byName map[string]*Intent
	types  map[string]*SlotType
	index  *index
}

// Intent returns an intent by its name.
func (l *Locale) Intent(name string) *Intent { return l.byName[name] }

// Fallback is the intent for what was not understood; nil when there is none.
func (l *Locale) Fallback() *Intent {
	for _, i := range l.Intents {
		if i.Is("AMAZON.FallbackIntent") {
			return i
		}
	}
	return nil
}

// fallbackName is what Lex calls the fallback intent that every locale has.
const fallbackName = "FallbackIntent"

// Prepare makes the locale ready to run, and says what will not run, or not as meant. It is to be
// called once, after the locale was read.
func (l *Locale) Prepare() []Finding {
	if l.Fallback() == nil { // Lex has one in every locale
		l.Intents = append(l.Intents, &Intent{Name: fallbackName, Signature: "AMAZON.FallbackIntent", File: l.File})
	}
	l.byName, l.types = map[string]*Intent{}, map[string]*SlotType{}
	c := &check{l: l}
	for _, t := range l.Types {
		if l.types[t.Name] != nil {
			c.broken(t.File, "twice", fmt.Sprintf("there are two slot types named %q", t.Name), "names are unique in a locale: rename one")
		}
		l.types[t.Name] = t
		c.compile(t)
	}
	for _, i := range l.Intents {
		if l.byName[i.Name] != nil {
			c.broken(i.File, "twice", fmt.Sprintf("there are two intents named %q", i.Name), "names are unique in a locale: rename one")
		}
		l.byName[i.Name] = i
		i.order()
		for _, s := range i.Slots {
			s.prepare(i, lexslot.Unspaced(l.ID))
		}
	}
	c.locale()
	l.index = newIndex(l)
	c.titles()
	return c.findings
}

// order sorts the slots by priority. Those without one come last, in the order of the files.
func (i *Intent) order() {
	slices.SortStableFunc(i.Slots, func(a, b *Slot) int { return cmp.Compare(a.rank(), b.rank()) })
}
