package strict_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/strict"
)

// The zero of everything is lenient.
func TestLenient(t *testing.T) {
	t.Parallel()
	var none *strict.Rules
	for range 1000 {
		if !none.AllowConnect("StartChatContact") || !none.AllowParticipant("SendMessage") || none.EchoLate() || none.Twice() {
			t.Fatal("without strict rules something was refused or freely done")
		}
	}
	if none.Enabled() || !cmp.Equal(none.Limits(chat.Limits{Files: 3}), chat.Limits{Files: 3}) || string(none.Extra([]byte("{}"))) != "{}" {
		t.Error("without strict rules something was changed")
	}
}

// AWS's documented rates: a burst passes, then as many per second as documented.
func TestRates(t *testing.T) {
	t.Parallel()
	connect := (*strict.Rules).AllowConnect
	participant := (*strict.Rules).AllowParticipant
	tests := []struct {
		action        string
		allow         func(*strict.Rules, string) bool
		burst, second int
	}{
		{"StartChatContact", connect, 8, 5},
		{"StopContact", connect, 15, 10},
		{"SendChatIntegrationEvent", connect, 26, 17},
		{"ListInstances", connect, 5, 2},
		{"CreateParticipantConnection", participant, 9, 6},
		{"SendMessage", participant, 15, 10},
		{"GetTranscript", participant, 12, 8},
		{"DisconnectParticipant", participant, 5, 3},
		{"StartAttachmentUpload", participant, 5, 2},
	}
	for _, tt := range tests {
		t.Run(tt.action, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rules := strict.New(strict.Config{})
				taken := func() int {
					n := 0
					for tt.allow(rules, tt.action) {
						n++
					}
					return n
				}
				if n := taken(); n != tt.burst {
					t.Errorf("%d calls passed at once, want %d", n, tt.burst)
				}
				pass(time.Second)
				if n := taken(); n != tt.second {
					t.Errorf("%d calls passed in the next second, want %d", n, tt.second)
				}
				pass(time.Hour)
				if n := taken(); n != tt.burst {
					t.Errorf("%d calls passed after an hour, want %d", n, tt.burst)
				}
			})
		})
	}
}

// pass lets a bubble's time pass.
func pass(d time.Duration) { <-time.After(d) }

func TestSharedAndUnlimitedRates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rules := strict.New(strict.Config{})
		n := 0
		for rules.AllowParticipant("SendMessage") && rules.AllowParticipant("SendEvent") {
			n += 2
		}
		if n != 14 { // the fifteenth went to a SendMessage whose SendEvent was refused
			t.Errorf("%d messages and events passed, want 14 of one bucket", n)
		}
		for range 1000 {
			if !rules.AllowParticipant("DescribeView") {
				t.Fatal("an action without a published rate was limited")
			}
		}
		replaced := strict.New(strict.Config{Rates: map[string]strict.Rate{"StopContact": {PerSecond: 1, Burst: 1}}})
		if !replaced.AllowConnect("StopContact") || replaced.AllowConnect("StopContact") {
			t.Error("the configured rate was not used")
		}
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	got := strict.New(strict.Config{}).Limits(chat.DefaultLimits())
	if got.ActiveContacts != 500 {
		t.Errorf("%d active contacts, want AWS's 500", got.ActiveContacts)
	}
	if plain := chat.DefaultLimits(); got.ConnectionLife >= plain.ConnectionLife || got.ConnectionLife <= 2*time.Minute {
		t.Errorf("a connection token lives %v: chatjs needs more than a minute, a test less than a day", got.ConnectionLife)
	}
	if got.TicketLife != chat.DefaultLimits().TicketLife {
		t.Error("the documented life of a socket's address was changed")
	}
}

// The same seed takes the same freedoms, another one others; all of them are taken, and
// none always.
func TestFreedoms(t *testing.T) {
	t.Parallel()
	draw := func(seed uint64) (late, twice, extra string) {
		rules := strict.New(strict.Config{Seed: seed})
		bit := map[bool]string{true: "1", false: "0"}
		for range 200 {
			late += bit[rules.EchoLate()]
			twice += bit[rules.Twice()]
			extra += bit[len(rules.Extra([]byte("{}"))) > 2]
		}
		return late, twice, extra
	}
	late, twice, extra := draw(7)
	if again, _, _ := draw(7); again != late {
		t.Error("the same seed drew something else")
	}
	if other, _, _ := draw(8); other == late {
		t.Error("another seed drew the same")
	}
	for _, drawn := range []string{late, twice, extra} {
		if ones := count(drawn); ones == 0 || ones == len(drawn) {
			t.Errorf("a freedom was taken %d of %d times", ones, len(drawn))
		}
	}
}

func count(bits string) (n int) {
	for _, b := range bits {
		if b == '1' {
			n++
		}
	}
	return n
}

func FuzzExtra(f *testing.F) {
	f.Add(uint64(1), `{"a":1}`)
	f.Add(uint64(2), ` {} `)
	f.Add(uint64(3), `[1]`)
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		rules := strict.New(strict.Config{Seed: seed})
		for range 8 {
			if got := rules.Extra([]byte(text)); json.Valid([]byte(text)) && !json.Valid(got) {
				t.Fatalf("%q became %q, which is not JSON", text, got)
			}
		}
	})
}
