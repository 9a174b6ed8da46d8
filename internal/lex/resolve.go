package lex

import (
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/lexslot"
)

// reading is how sure a slot's value is.
type reading int

const (
	unread reading = iota // no value
	loose                 // a value of a type that takes anything
	sure                  // a value that the type lists or recognises
)

// listed is a value or synonym of a slot type, as it is looked for.
type listed struct {
	words []string
	value string // that it stands for
}

// pieces are the words of a text, with those that have a hyphen taken apart.
func pieces(text string, letters bool) []lexslot.Word {
	words := lexslot.Words(text, letters)
	if !slices.ContainsFunc(words, func(w lexslot.Word) bool { return strings.Contains(w.Text, "-") }) {
		return words
	}
	var all []lexslot.Word
	for _, w := range words {
		raw := text[w.Start:w.End]
		if !strings.Contains(raw, "-") || strings.HasPrefix(raw, "-") {
			all = append(all, w)
			continue
		}
		at := w.Start
		for one := range strings.SplitSeq(raw, "-") {
			if one != "" {
				all = append(all, lexslot.Word{Text: lexslot.Fold(one), Start: at, End: at + len(one)})
			}
			at += len(one) + 1
		}
	}
	return all
}

// prepare makes the values of a type ready to be looked for, the longest first.
func (t *SlotType) prepare(letters bool) {
	t.values = nil
	add := func(text, value string) {
		var words []string
		for _, w := range pieces(text, letters) {
			words = append(words, w.Text)
		}
		if len(words) > 0 {
			t.values = append(t.values, listed{words, value})
		}
	}
	for _, v := range t.Values {
		add(v.Value, v.Value)
		for _, s := range v.Synonyms {
			add(s, v.Value)
		}
	}
	slices.SortStableFunc(t.values, func(a, b listed) int { return len(b.words) - len(a.words) })
}

// resolve reads a text for a slot. asked says that it answers the slot's question; else it is a part
// of an utterance, and has to be a value as a whole.
func (l *Locale) resolve(slot *Slot, text string, asked bool, today time.Time) (*Value, reading) {
	t := l.types[slot.Type]
	if slot.Multiple && t != nil && asked {
		return l.several(t, text, today)
	}
	return l.resolveType(slot.Type, t, text, asked, today)
}

// resolveType reads a text for a type: one of the bot's own by its values, a type that adds none to its parent
// as the parent, and what does not run offline as any text.
func (l *Locale) resolveType(name string, t *SlotType, text string, asked bool, today time.Time) (*Value, reading) {
	request := lexslot.Request{Type: name, Text: text, Locale: l.ID, Today: today, Asked: asked}
	if t != nil {
		switch {
		case t.Grammar || t.Composite:
			request.Type = "AMAZON.FreeFormInput"
		case t.Parent != "" && len(t.values) == 0:
			request.Type, request.Pattern = t.Parent, t.pattern
		default:
			return l.custom(t, text, asked)
		}
	}
	found, ok := lexslot.Read(request)
	if !ok {
		return nil, unread
	}
	v := &Value{Original: text[found.Start:found.End], Resolved: found.Resolved}
	if !found.Ambiguous {
		v.Interpreted = &found.Interpreted
	}
	if found.Loose {
		return v, loose
	}
	return v, sure
}

// custom reads a text for a type of the bot's own.
func (l *Locale) custom(t *SlotType, text string, asked bool) (*Value, reading) {
	words := pieces(text, l.index.letters)
	if len(words) == 0 {
		return nil, unread
	}
	for _, near := range []bool{false, true} {
		for i := range t.values {
			if start, ok := t.values[i].in(words, asked, near && !l.index.letters); ok {
				end := start + len(t.values[i].words) - 1
				original := text[words[start].Start:words[end].End]
				interpreted := t.values[i].value
				if !t.Restricted {
					interpreted = original
				}
				return &Value{Original: original, Interpreted: &interpreted, Resolved: []string{t.values[i].value}}, sure
			}
		}
	}
	if t.Restricted || len(words) > longestUnlisted && !l.index.letters {
		return nil, unread
	}
	if t.pattern != nil && !t.pattern.MatchString(strings.TrimSpace(text)) {
		return nil, unread
	}
	// Values of such a type are examples. What Lex takes for similar is unknown: anything short.
	said := text[words[0].Start:words[len(words)-1].End]
	return &Value{Original: said, Interpreted: &said, Resolved: []string{}, Unlisted: true}, loose
}

// longestUnlisted is how many words a value may have that its type does not list.
const longestUnlisted = 6

// in looks for a value among words: anywhere in the answer to a question, else as a whole.
func (v *listed) in(words []lexslot.Word, asked, near bool) (int, bool) {
	last := len(words) - len(v.words)
	if last < 0 || !asked && last > 0 {
		return 0, false
	}
	for start := range last + 1 {
		if slices.EqualFunc(words[start:start+len(v.words)], v.words, func(w lexslot.Word, want string) bool {
			if w.Text == want {
				return true
			}
			return near && differs(w.Text, want) <= min(distance(len([]rune(want))), distance(len([]rune(w.Text))))
		}) {
			return start, true
		}
	}
	return 0, false
}

// several reads the values of a slot that takes more than one: they stand between blanks, commas and
// "and".
func (l *Locale) several(t *SlotType, text string, today time.Time) (*Value, reading) {
	rest := strings.NewReplacer(",", " , ", " and ", " , ", ";", " , ").Replace(text)
	var all []*Value
	how := sure
	for part := range strings.SplitSeq(rest, ",") {
		for _, one := range t.apart(part, l.index.letters) {
			v, h := l.resolveType(t.Name, t, one, true, today)
			if h == unread {
				return nil, unread
			}
			how = min(how, h)
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		return nil, unread
	}
	joined := strings.TrimSpace(text)
	list := &Value{Original: joined, Values: all}
	if said, ok := list.text(); ok {
		list.Interpreted = &said
	}
	return list, how
}

// apart are the values of a text that is nothing but listed values with blanks between them, or the text
// itself; none for an empty one.
func (t *SlotType) apart(text string, letters bool) []string {
	words := pieces(text, letters)
	var all []string
	for at := 0; at < len(words); {
		i := slices.IndexFunc(t.values, func(v listed) bool {
			_, ok := v.in(words[at:min(at+len(v.words), len(words))], false, false)
			return ok
		})
		if i < 0 {
			return []string{strings.TrimSpace(text)}
		}
		end := at + len(t.values[i].words)
		all = append(all, text[words[at].Start:words[end-1].End])
		at = end
	}
	return all
}

// align fits a text into an utterance with placeholders, word by word; false when it does not fit.
func (q *query) align(u *utterance) (map[string]*Value, bool) {
	filled := map[string]*Value{}
	budget := 2000 // of attempts: placeholders beside each other can be tried in many ways
	var fit func(p, w int) bool
	fit = func(p, w int) bool {
		if budget--; budget < 0 {
			return false
		}
		switch {
		case p == len(u.parts):
			return w == len(q.words)
		case w == len(q.words):
			return false
		case u.parts[p].slot == "":
			return q.words[w].Text == u.parts[p].word && fit(p+1, w+1)
		}
		name := u.parts[p].slot
		slot := u.intent.Slot(name)
		if slot == nil {
			return false
		}
		for end := w + 1; end <= len(q.words) && end-w <= longestPlaced; end++ {
			value, how := q.l.resolve(slot, q.text[q.words[w].Start:q.words[end-1].End], false, q.today)
			if how == unread || how == loose && u.literals == 0 {
				continue
			}
			if fit(p+1, end) {
				filled[name] = value
				return true
			}
		}
		return false
	}
	if !fit(0, 0) {
		return nil, false
	}
	return filled, true
}

// longestPlaced is how many words the place of a slot can hold.
const longestPlaced = 12
