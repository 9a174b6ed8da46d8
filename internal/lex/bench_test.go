package lex_test

import (
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/lex"
)

// large is a bot with 50 intents of 12 utterances.
func large(tb testing.TB) *lex.Locale {
	tb.Helper()
	verbs := []string{"change", "cancel", "order", "return", "track", "renew", "report", "explain", "book", "close"}
	things := []string{"subscription", "delivery address", "invoice", "broken router", "appointment"}
	forms := []string{
		"i want to %s my %s", "please %s the %s", "%s %s", "can you help me to %s my %s", "how do i %s a %s", "i need to %s the %s today", "could somebody %s this %s for me",
		"i would like to %s my %s please", "is it possible to %s the %s online", "where can i %s my %s", "help me %s that %s", "my wife wants to %s our %s",
	}
	l := &lex.Locale{ID: "en_US", Threshold: 0.4}
	for _, v := range verbs {
		for _, t := range things {
			i := &lex.Intent{Name: v + " " + t, Initial: &lex.Initial{}}
			for _, f := range forms {
				i.Utterances = append(i.Utterances, fmt.Sprintf(f, v, t))
			}
			l.Intents = append(l.Intents, i)
		}
	}
	for _, f := range l.Prepare() {
		tb.Error(f)
	}
	return l
}

// texts are what customers say to it: one that is listed, three that are not, one that means nothing.
func texts() []string {
	return []string{"please track the invoice", "i really want to cancel that brokn router now", "when will you renew our subscriptions", "address of delivery change", "what is the capital of france"}
}

// A turn of a bot with 50 intents, beside a linear scan that measures the edit distance to each of its
// utterances.
func BenchmarkTurn(b *testing.B) {
	l := large(b)
	b.Run("parley", func(b *testing.B) {
		for b.Loop() {
			for _, text := range texts() {
				if _, err := l.Step(lex.Session{}, lex.Input{Text: text}); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("linear scan", func(b *testing.B) {
		for b.Loop() {
			for _, text := range texts() {
				nearest(l, text)
			}
		}
	})
}

// nearest is the utterance with the least edit distance.
func nearest(l *lex.Locale, text string) (best string) {
	least := 1 << 30
	for _, i := range l.Intents {
		for _, u := range i.Utterances {
			if d := levenshtein(text, u); d < least {
				least, best = d, i.Name
			}
		}
	}
	return best
}

func levenshtein(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = min(diagonal, row[j], row[j+1]) + 1
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

func FuzzStep(f *testing.F) {
	l, _ := open(f, "reminder-conditions").Locale("en_US")
	f.Add("call me in 3 hours", "noon", `{"sessionState":{"dialogAction":{"type":"Delegate"}}}`)
	f.Add("email", "nine", `{"sessionState":{"dialogAction":{"type":"ElicitSlot","slotToElicit":"DaysBefore"},"intent":{"name":"EmailIntent","slots":{"DaysBefore":{"shape":"Scalar","value":{"interpretedValue":"3"}}}}}}`)
	f.Add("xyzzy", "{", `{"sessionState":{"dialogAction":{"type":"ConfirmIntent"}},"messages":[{"contentType":"PlainText","content":"{a} [b] ((c))"}]}`)
	f.Fuzz(func(t *testing.T, first, second, answer string) {
		var s lex.Session
		for _, text := range []string{first, second, first} {
			in := lex.Input{Now: today(), Text: text, Hooked: true}
			for range 20 {
				turn, err := l.Step(s, in)
				if err != nil {
					break
				}
				s = turn.Session
				if turn.Call == nil {
					break
				}
				if _, err := l.Event(&turn, in, lex.Caller{}); err != nil {
					t.Fatal(err)
				}
				in.Answer = &lex.Answer{Body: []byte(answer)}
			}
		}
	})
}
