package lex

import (
	"math"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/lexslot"
)

// index finds the utterances of a locale by their words.
type index struct {
	letters    bool // the language is written without blanks
	utterances []utterance
	exact      map[string]int // utterances without placeholders, by their plain text
	words      map[string]int
	spellings  []string  // of words
	weights    []float64 // of words: the rarer, the heavier
	postings   [][]int32 // utterances with a word
	near       map[string][]int
	unknown    float64 // the weight of a word that stands in no utterance
	bare       []int   // utterances without a literal word
}

// utterance is one sample utterance, taken apart.
type utterance struct {
	intent *Intent
	text   string // as the bot has it
	parts  []part
	// literals is how many of the parts are words, slots the placeholders.
	literals int
	slots    []string
	weight   float64
	grams    []uint64
}

// part is a word or the place of a slot.
type part struct{ word, slot string }

// newIndex indexes the utterances of a locale.
func newIndex(l *Locale) *index {
	x := &index{letters: lexslot.Unspaced(l.ID), exact: map[string]int{}, words: map[string]int{}, near: map[string][]int{}}
	for _, i := range l.Intents {
		for _, text := range i.phrases() {
			x.add(i, text)
		}
	}
	n := float64(len(x.utterances))
	x.unknown = math.Log(1 + n)
	x.weights = make([]float64, len(x.postings))
	for id, list := range x.postings {
		x.weights[id] = math.Log(1 + n/float64(max(1, len(list))))
	}
	for at := range x.utterances {
		u := &x.utterances[at]
		for _, w := range x.scored(u.literalWords()) {
			u.weight += x.weights[x.words[w]]
		}
	}
	for id, word := range x.spellings {
		for _, short := range deletions(word) {
			x.near[short] = append(x.near[short], id)
		}
	}
	return x
}

// phrases are the utterances of an intent; those of a built-in one are Lex's own.
//
// Source: "Built-in intents" in the Lex V2 developer guide.
func (i *Intent) phrases() []string {
	switch strings.ToLower(i.Signature) {
	case "amazon.helpintent":
		return []string{"help", "help me", "can you help me"}
	case "amazon.cancelintent":
		return []string{"cancel", "never mind", "forget it"}
	case "amazon.stopintent":
		return []string{"stop", "off", "shut up"}
	case "amazon.repeatintent":
		return []string{"repeat", "say that again", "repeat that"}
	case "amazon.pauseintent":
		return []string{"pause", "pause that"}
	case "amazon.resumeintent":
		return []string{"resume", "continue", "keep going"}
	case "amazon.startoverintent":
		return []string{"start over", "restart", "start again"}
	}
	return i.Utterances
}

// newUtterance takes a sample utterance apart.
func newUtterance(i *Intent, text string, letters bool) utterance {
	u := utterance{intent: i, text: strings.TrimSpace(text)}
	rest := text
	for rest != "" {
		open := strings.IndexByte(rest, '{')
		end := strings.IndexByte(rest, '}')
		if open < 0 || end < open {
			u.literal(rest, letters)
			break
		}
		u.literal(rest[:open], letters)
		slot := strings.TrimSpace(rest[open+1 : end])
		u.parts = append(u.parts, part{slot: slot})
		u.slots = append(u.slots, slot)
		rest = rest[end+1:]
	}
	return u
}

// add adds an utterance.
func (x *index) add(i *Intent, text string) {
	at := len(x.utterances)
	u := newUtterance(i, text, x.letters)
	if len(u.parts) == 0 {
		return
	}
	words := u.literalWords()
	u.grams = grams(words, nil)
	if len(u.slots) == 0 {
		plain := strings.Join(words, " ")
		if _, there := x.exact[plain]; !there {
			x.exact[plain] = at
		}
	}
	if u.literals == 0 {
		x.bare = append(x.bare, at)
	}
	seen := map[int]bool{}
	for _, w := range x.scored(words) {
		id, there := x.words[w]
		if !there {
			id = len(x.postings)
			x.words[w], x.postings, x.spellings = id, append(x.postings, nil), append(x.spellings, w)
		}
		if !seen[id] {
			x.postings[id] = append(x.postings[id], int32(at))
			seen[id] = true
		}
	}
	x.utterances = append(x.utterances, u)
}

// prepare takes the slot's own utterances apart. Those without a word say nothing that the answer alone
// does not.
func (s *Slot) prepare(of *Intent, letters bool) {
	s.phrases = nil
	for _, text := range s.Utterances {
		if u := newUtterance(of, text, letters); u.literals > 0 {
			s.phrases = append(s.phrases, u)
		}
	}
}

func (u *utterance) literal(text string, letters bool) {
	for _, w := range lexslot.Words(text, letters) {
		u.parts = append(u.parts, part{word: w.Text})
		u.literals++
	}
}

func (u *utterance) literalWords() []string {
	words := make([]string, 0, u.literals)
	for _, p := range u.parts {
		if p.slot == "" {
			words = append(words, p.word)
		}
	}
	return words
}

// scored are the units by which texts are compared: words, and pairs of letters in languages without
// blanks.
func (x *index) scored(words []string) []string {
	if !x.letters || len(words) < 2 {
		return words
	}
	pairs := make([]string, 0, len(words)-1)
	for i := range len(words) - 1 {
		pairs = append(pairs, words[i]+words[i+1])
	}
	return pairs
}

// deletions are a word, and it without any of its letters; a long one without any two. Two words
// that differ by so much have one of these in common.
func deletions(word string) []string {
	letters := []rune(word)
	all := []string{word}
	tolerance := distance(len(letters))
	if tolerance == 0 || len(letters) > 24 {
		return all
	}
	level := []string{word}
	for range tolerance {
		var next []string
		for _, w := range level {
			runes := []rune(w)
			for i := range runes {
				if i > 0 && runes[i] == runes[i-1] {
					continue
				}
				next = append(next, string(runes[:i])+string(runes[i+1:]))
			}
		}
		all = append(all, next...)
		level = next
	}
	return all
}

// distance is by how many letters a word of a length may differ.
func distance(letters int) int {
	switch {
	case letters >= 8:
		return 2
	case letters >= 4:
		return 1
	}
	return 0
}

// grams are the trigrams of words, sorted; skip tells which words are left out.
func grams(words []string, skip func(int) bool) []uint64 {
	n := 2
	for _, w := range words {
		n += len(w) + 1
	}
	all := make([]uint64, 0, n)
	window := uint64(' ')
	push := func(r rune) {
		window = (window<<21 | uint64(r)) & (1<<63 - 1)
		all = append(all, window)
	}
	for i, w := range words {
		if skip != nil && skip(i) {
			continue
		}
		for _, r := range w {
			push(r)
		}
		push(' ')
	}
	slices.Sort(all)
	return all
}
