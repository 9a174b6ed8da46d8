package lex_test

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/lex"
	"github.com/parley-chat/parley/internal/lexfile"
)

// today is the day of the documentation's examples.
func today() time.Time { return time.Date(2020, 11, 25, 9, 0, 0, 0, time.UTC) }

// bots are the real bots that the tests of this package hold conversations with.
const bots = "../lexfile/testdata"

func open(tb testing.TB, name string) *lex.Bot {
	tb.Helper()
	bot, findings, err := lexfile.Open(filepath.Join(bots, name))
	if err != nil {
		tb.Fatal(err)
	}
	for _, f := range findings {
		if f.Level == lex.Broken {
			tb.Error(f)
		}
	}
	return bot
}

// sample is a value of a slot as customers say it.
func sample(l *lex.Locale, slot *lex.Slot) string {
	for _, typ := range l.Types {
		if typ.Name == slot.Type && len(typ.Values) > 0 {
			return typ.Values[0].Value
		}
	}
	switch slot.Type {
	case "AMAZON.Time":
		return "10 am"
	case "AMAZON.Date":
		return "2027-03-04"
	case "AMAZON.Number":
		return "3"
	case "AMAZON.City":
		return "Berlin"
	case "AMAZON.FirstName":
		return "Anna"
	case "AMAZON.LastName":
		return "Schmidt"
	}
	return "QR471"
}

// said is an utterance with values in its placeholders.
func said(l *lex.Locale, i *lex.Intent, utterance string) string {
	for _, s := range i.Slots {
		utterance = strings.ReplaceAll(utterance, "{"+s.Name+"}", sample(l, s))
	}
	return utterance
}

// leaveOut takes each utterance of bots out once, and looks up what a customer says for it.
func leaveOut(t *testing.T, bots []string, found func(l *lex.Locale, i *lex.Intent, utterance string, m lex.Match)) {
	t.Helper()
	for _, name := range bots {
		for _, l := range open(t, name).Locales {
			for _, i := range l.Intents {
				kept := i.Utterances
				for n, utterance := range kept {
					i.Utterances = slices.Concat(kept[:n:n], kept[n+1:])
					l.Prepare()
					found(l, i, utterance, l.Match(said(l, i, utterance), lex.Input{Now: today()}))
				}
				i.Utterances = kept
			}
		}
	}
}

// Of the 238 utterances of four real bots in six locales, each is left out once, and then looked up:
// how often is its intent found, is nothing found, is another intent found.
func TestRowPoint2UnseenUtterances(t *testing.T) {
	t.Parallel()
	right, fallback, wrong, all := 0, 0, 0, 0
	leaveOut(t, []string{"airline-cancellation", "airline-italian", "blogbot-korean", "reminder-conditions"}, func(_ *lex.Locale, i *lex.Intent, utterance string, m lex.Match) {
		all++
		switch m.Intent {
		case i.Name:
			right++
		case "":
			fallback++
		default:
			wrong++
			t.Logf("%q of %s is taken for %s with %.2f by %q", utterance, i.Name, m.Intent, m.Score, m.Nearest)
		}
	})
	t.Logf("right %d, fallback %d, wrong %d of %d", right, fallback, wrong, all)
	if all != 238 || right < 174 || wrong > 19 {
		t.Errorf("right %d (at least 174), fallback %d, wrong %d (at most 19) of %d (238)", right, fallback, wrong, all)
	}
}

// A guess fills a slot with what was said for it. Of the same utterances, each left out once, with values in
// their placeholders: how many slots get their value, how many another text. A slot that is left open is asked
// for; a wrong one is not.
func TestSlotsOfGuesses(t *testing.T) {
	t.Parallel()
	right, wrong := 0, 0
	leaveOut(t, []string{"airline-cancellation", "airline-italian", "reminder-conditions"}, func(l *lex.Locale, i *lex.Intent, utterance string, m lex.Match) {
		if m.Intent != i.Name || m.Rule != lex.Similar {
			return
		}
		for slot, v := range m.Slots {
			if strings.Contains(utterance, "{"+slot+"}") && strings.HasSuffix(v.Original, sample(l, i.Slot(slot))) {
				right++
				continue
			}
			wrong++
			t.Logf("%q: %s is %q, by %q", utterance, slot, v.Original, m.Nearest)
		}
	})
	t.Logf("right %d, wrong %d", right, wrong)
	if right < 100 || wrong > 10 {
		t.Errorf("right %d (at least 100), wrong %d (at most 10)", right, wrong)
	}
}

// What is left over of a text is no value of a slot that takes anything, and what stands in its place is.
func TestWhatAGuessFills(t *testing.T) {
	t.Parallel()
	l, _ := open(t, "airline-italian").Locale("en_US")
	for text, want := range map[string]map[string]string{
		"track my bag":                       {},
		"book a flight from Berlin to Rome":  {"DestinationCity": "Rome"},
		"please track my bag, number QR471":  {"ReservationNumber": "QR471"},
		"assist me with tracking my baggage": {},
		"could you please change my flight":  {},
	} {
		got := map[string]string{}
		m := l.Match(text, lex.Input{Now: today()})
		for slot, v := range m.Slots {
			got[slot] = v.Original
		}
		if !maps.Equal(got, want) || m.Rule != lex.Similar {
			t.Errorf("%q by rule %s is %s with %v, want %v", text, m.Rule, m.Intent, got, want)
		}
	}
}

// Every utterance that a bot lists is understood, with certainty.
func TestRowPoint2ListedUtterances(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"airline-cancellation", "airline-italian", "blogbot-korean", "reminder-conditions", "acme-two-locales", "interactive-messages"} {
		for _, l := range open(t, name).Locales {
			for _, i := range l.Intents {
				for _, utterance := range i.Utterances {
					m := l.Match(said(l, i, utterance), lex.Input{Now: today()})
					if m.Intent != i.Name || m.Score != 1 || m.Rule != lex.Exact && m.Rule != lex.Filled {
						t.Errorf("%s %s: %q of %s is %+v", name, l.ID, utterance, i.Name, m)
					}
				}
			}
		}
	}
}
