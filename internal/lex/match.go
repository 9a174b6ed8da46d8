package lex

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/lexslot"
)

// Rules by which a text was understood.
const (
	// Exact is a text that an utterance lists, Filled one that differs by the values of slots alone.
	Exact  = "exact"
	Filled = "slots"
	// Similar is a guess by words and letters.
	Similar = "similar"
	// Pinned is a text that the configuration lists.
	Pinned = "pinned"
	// Served is a text that matches nothing, and that a service behind an intent answers.
	Served = "service"
	// Unmatched is a text that nothing matches well enough.
	Unmatched = "fallback"
)

// Match is how a text was understood.
type Match struct {
	Intent string  `json:"intent"`
	Score  float64 `json:"score"`
	Rule   string  `json:"rule"`
	// Nearest is the utterance that was compared with; RunnerUp the best other intent.
	Nearest       string  `json:"nearest,omitempty"`
	RunnerUp      string  `json:"runnerUp,omitempty"`
	RunnerUpScore float64 `json:"runnerUpScore,omitempty"`
	// Borderline says that the real Lex may well decide otherwise.
	Borderline bool              `json:"borderline,omitempty"`
	Slots      map[string]*Value `json:"slots,omitempty"`
	// Best are the best intents with their scores, at most four, whatever was chosen.
	Best []Scored `json:"best,omitempty"`
}

// How says in a few words how sure the match is, for people.
func (m *Match) How() string {
	text := fmt.Sprintf("%.2f by rule %s", m.Score, m.Rule)
	if m.RunnerUp != "" {
		text += fmt.Sprintf(", runner-up %s %.2f", m.RunnerUp, m.RunnerUpScore)
	}
	return text
}

// Scored is an intent with the score of its best utterance.
type Scored struct {
	Intent string  `json:"intent"`
	Score  float64 `json:"score"`
	// Nearest is that utterance.
	Nearest string `json:"nearest,omitempty"`
}

// highestThreshold bounds the threshold of a bot: scores here are not those of Lex, and bots with 0.99
// exist.
const highestThreshold = 0.6

// ambiguity is how close another intent may be before a guess is none.
const ambiguity = 0.03

// margin is how close a guess may be to the threshold or to another intent before it is doubtful.
const margin = 0.15

// threshold is the score below which nothing was understood.
func (l *Locale) threshold() float64 { return min(l.Threshold, highestThreshold) }

// query is a text that is looked up.
type query struct {
	l     *Locale
	text  string
	today time.Time
	words []lexslot.Word
	texts []string // of words
	// units are what is compared, see scored.
	units   []string
	weights []float64
	total   float64
	grams   []uint64
	allowed func(*Intent) bool
}

// newQuery takes a text apart.
func (l *Locale) newQuery(text string, today time.Time, allowed func(*Intent) bool) *query {
	q := &query{l: l, text: text, today: today, words: lexslot.Words(text, l.index.letters), allowed: allowed}
	q.texts = make([]string, len(q.words))
	for i, w := range q.words {
		q.texts[i] = w.Text
	}
	q.grams = grams(q.texts, nil)
	q.units = l.index.scored(q.texts)
	q.units = q.units[:min(len(q.units), 64)]
	q.weights = make([]float64, len(q.units))
	for i, u := range q.units {
		q.weights[i] = l.index.unknown
		if id, ok := l.index.words[u]; ok {
			q.weights[i] = l.index.weights[id]
		}
		q.total += q.weights[i]
	}
	return q
}

// exact looks for an utterance that the text is, or is but for the values of slots.
func (q *query) exact() (Match, bool) {
	x := q.l.index
	if at, ok := x.exact[strings.Join(q.texts, " ")]; ok && q.allowed(x.utterances[at].intent) {
		u := &x.utterances[at]
		return Match{Intent: u.intent.Name, Score: 1, Rule: Exact, Nearest: u.text}, true
	}
	var best *utterance
	var slots map[string]*Value
	for _, at := range q.candidates() {
		u := &x.utterances[at]
		if len(u.slots) == 0 || !q.allowed(u.intent) {
			continue
		}
		if best != nil && cmp.Or(cmp.Compare(u.literals, best.literals), cmp.Compare(len(u.slots), len(best.slots))) <= 0 {
			continue
		}
		if filled, ok := q.align(u); ok {
			best, slots = u, filled
		}
	}
	if best == nil {
		return Match{}, false
	}
	return Match{Intent: best.intent.Name, Score: 1, Rule: Filled, Nearest: best.text, Slots: slots}, true
}

// candidates are the utterances with placeholders all of whose words stand in the text, in the order
// of the bot.
func (q *query) candidates() []int {
	x := q.l.index
	counts := map[int32]int{}
	for i, unit := range q.units {
		if id, ok := x.words[unit]; ok && !slices.Contains(q.units[:i], unit) {
			for _, at := range x.postings[id] {
				counts[at]++
			}
		}
	}
	found := slices.Clone(x.bare)
	for at, n := range counts {
		u := &x.utterances[at]
		if len(u.slots) == 0 {
			continue
		}
		if x.letters || n >= distinct(u.parts) {
			found = append(found, int(at))
		}
	}
	slices.Sort(found)
	return found
}

func distinct(parts []part) int {
	n := 0
	for i, p := range parts {
		if p.slot == "" && !slices.ContainsFunc(parts[:i], func(o part) bool { return o.slot == "" && o.word == p.word }) {
			n++
		}
	}
	return n
}

// candidate is an utterance that has words in common with a text.
type candidate struct {
	at     int32
	common float64 // weight of the common words, as they stand in the utterance
	seen   uint64  // the words of the text that are common
	bound  float64 // no score is higher
}

// similar returns the best utterances, the best of each intent, by falling score.
func (q *query) similar(most int) []guess {
	x := q.l.index
	if len(q.units) == 0 {
		return nil
	}
	found := make([]candidate, 0, 64)
	place := make([]int32, len(x.utterances)) // 1 + place in found
	for i, unit := range q.units {
		bit := uint64(1) << i
		for _, n := range x.lookup(unit) {
			for _, at := range x.postings[n.word] {
				if place[at] == 0 {
					if !q.allowed(x.utterances[at].intent) {
						continue
					}
					found = append(found, candidate{at: at})
					place[at] = int32(len(found))
				}
				if c := &found[place[at]-1]; c.seen&bit == 0 {
					c.seen |= bit
					c.common += n.factor * min(x.weights[n.word], q.weights[i])
				}
			}
		}
	}
	for i := range found {
		c := &found[i]
		u := &x.utterances[c.at]
		c.common = min(c.common, u.weight)
		total := q.total
		if len(u.slots) > 0 {
			total = c.common
		}
		c.bound = wordShare*min(1, 2*c.common/(u.weight+total)) + letterShare
	}
	slices.SortFunc(found, func(a, b candidate) int { return cmp.Or(cmp.Compare(b.bound, a.bound), cmp.Compare(a.at, b.at)) })
	var best []guess
	for _, c := range found {
		if len(best) >= most && calibrated(c.bound) < best[most-1].score {
			break
		}
		best = enter(best, q.score(&c), most)
	}
	return best
}

// What words and letters count of a score.
const (
	wordShare   = 0.7
	letterShare = 0.3
)

// guess is an utterance with its score.
type guess struct {
	u        *utterance
	at       int32
	score    float64
	literal  float64 // weight of what is literally common
	slots    map[string]*Value
	absorbed uint64
}

// better orders guesses: by score, then by what is literally common, by filled slots and by the
// order in the bot.
func better(a, b guess) int {
	return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.literal, a.literal), cmp.Compare(len(b.slots), len(a.slots)), cmp.Compare(a.at, b.at))
}

// enter keeps the best guess of each intent.
func enter(best []guess, g guess, most int) []guess {
	if at := slices.IndexFunc(best, func(b guess) bool { return b.u.intent == g.u.intent }); at >= 0 {
		if better(g, best[at]) >= 0 {
			return best
		}
		best = slices.Delete(best, at, at+1)
	}
	at, _ := slices.BinarySearchFunc(best, g, better)
	best = slices.Insert(best, at, g)
	return best[:min(len(best), most)]
}

// score compares a text with an utterance.
func (q *query) score(c *candidate) guess {
	u := &q.l.index.utterances[c.at]
	g := guess{u: u, at: c.at, literal: c.common}
	total := q.total
	if len(u.slots) > 0 && !q.l.index.letters {
		var spared float64
		g.slots, g.absorbed, spared = q.absorb(u, c.seen)
		total -= spared
	}
	words := 2 * c.common / (u.weight + total)
	mine := q.grams
	if g.absorbed != 0 {
		mine = grams(q.units, func(i int) bool { return g.absorbed&(1<<i) != 0 })
	}
	g.score = calibrated(min(1, wordShare*min(1, words)+letterShare*dice(mine, u.grams)))
	return g
}

// absorb lets the placeholders of an utterance take words of the text that nothing else explains: at
// no cost where the slot's type accepts them, and at half their weight where it accepts anything. A slot
// that accepts anything gets no value from words for which nothing else speaks: what is left over may be
// anything, and a slot without a value is asked for.
func (q *query) absorb(u *utterance, seen uint64) (slots map[string]*Value, absorbed uint64, spared float64) {
	at := 0
	for i := range u.parts {
		slot := u.intent.Slot(u.parts[i].slot)
		if slot == nil {
			continue
		}
		found, ok := q.span(slot, at, seen, u.beside(i, -1), u.beside(i, 1))
		if !ok {
			continue
		}
		cost := 0.0
		if found.how == loose {
			cost = 0.5
		}
		for n := found.start; n < found.end; n++ {
			absorbed |= 1 << n
			spared += q.weights[n] * (1 - cost)
		}
		at = found.end
		if found.how == loose && found.hold == 0 {
			continue
		}
		if slots == nil {
			slots = map[string]*Value{}
		}
		slots[u.parts[i].slot] = found.value
	}
	return slots, absorbed, spared
}

// span are words of a text that a placeholder may stand for; hold says how much speaks for them beside the
// type.
type span struct {
	start, end int
	value      *Value
	how        reading
	hold       int
}

// span finds the words for a placeholder: the first that are a value for certain, else those that are held
// best.
func (q *query) span(slot *Slot, from int, seen uint64, before, after string) (found span, ok bool) {
	for start := from; start < len(q.units); start++ {
		if seen&(1<<start) != 0 {
			continue
		}
		most := start
		for most < len(q.units) && most-start < longestAbsorbed && seen&(1<<most) == 0 {
			most++
		}
		for end := most; end > start; end-- {
			text := q.text[q.words[start].Start:q.words[end-1].End]
			value, how := q.l.resolve(slot, text, false, q.today)
			if how == unread {
				continue
			}
			this := span{start, end, value, how, q.hold(text, start, end, before, after)}
			if how != loose {
				return this, true
			}
			if !ok || this.hold > found.hold {
				found, ok = this, true
			}
		}
	}
	return found, ok
}

// hold is how much speaks for words in the place of a placeholder whose type takes anything: a digit, which
// is rarely left over for another reason, and the word before it, or behind one that is the first. It is 0
// when nothing does.
func (q *query) hold(text string, start, end int, before, after string) int {
	hold := 0
	if strings.ContainsAny(text, "0123456789") {
		hold += 4
	}
	leads := before != "" && start > 0 && q.means(start-1, before)
	if leads {
		hold += 2
	}
	if (leads || before == "") && after != "" && end < len(q.units) && q.means(end, after) {
		hold++
	}
	return hold
}

// means reports whether a word of the text is a word of an utterance, or nearly.
func (q *query) means(at int, word string) bool {
	id, known := q.l.index.words[word]
	return known && (q.units[at] == word || slices.ContainsFunc(q.l.index.lookup(q.units[at]), func(n neighbour) bool { return n.word == id }))
}

// beside is the word before (-1) or after (1) a part of an utterance; empty for a placeholder and the end.
func (u *utterance) beside(part, step int) string {
	if part += step; part < 0 || part >= len(u.parts) {
		return ""
	}
	return u.parts[part].word
}

// longestAbsorbed is how many words a placeholder takes of a text that matches no utterance.
const longestAbsorbed = 4

// neighbour is a word of the index that a word of a text may mean.
type neighbour struct {
	word   int
	factor float64
}

// lookup returns the words that a word may mean, the surest first.
func (x *index) lookup(word string) []neighbour {
	var all []neighbour
	add := func(id int, factor float64) {
		if !slices.ContainsFunc(all, func(n neighbour) bool { return n.word == id }) {
			all = append(all, neighbour{id, factor})
		}
	}
	if id, ok := x.words[word]; ok {
		add(id, 1)
	}
	if x.letters {
		return all
	}
	if id, ok := x.words[word+"s"]; ok {
		add(id, pluralFactor)
	}
	if short, ok := strings.CutSuffix(word, "s"); ok && short != "" {
		if id, ok := x.words[short]; ok {
			add(id, pluralFactor)
		}
	}
	for _, short := range deletions(word) {
		for _, id := range x.near[short] {
			if slices.ContainsFunc(all, func(n neighbour) bool { return n.word == id }) {
				continue
			}
			if other := x.spellings[id]; differs(word, other) <= min(distance(len([]rune(word))), distance(len([]rune(other)))) {
				add(id, nearFactor)
			}
		}
	}
	return all
}

// What a word counts that is not quite the other.
const (
	pluralFactor = 0.95
	nearFactor   = 0.8
)

// dice is twice the number of common trigrams over the number of all.
func dice(a, b []uint64) float64 {
	if len(a)+len(b) == 0 {
		return 0
	}
	common := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			common++
			i++
			j++
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	return 2 * float64(common) / float64(len(a)+len(b))
}

// calibrated brings a comparison to the scale of the bots' thresholds, which are made for Lex: with
// this power most real bots find as many unseen texts as they can without guessing more of them
// wrong.
func calibrated(x float64) float64 { return min(1, math.Pow(x, 0.85)) }
