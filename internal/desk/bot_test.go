package desk_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/partner"
	"github.com/parley-chat/parley/internal/transcript"
)

// newRoomWithStandby returns a room as a default server has it: with the built-in partner, who stands
// by, and a greeting.
func newRoomWithStandby(t *testing.T) *room {
	t.Helper()
	r := newRoomWith(t, nil, desk.Config{Greeting: "Please wait."})
	r.addStandby()
	return r
}

func (r *room) addStandby() {
	r.t.Helper()
	echo := partner.Echo{Pause: -1}.Agent()
	echo.Standby = true
	r.add(echo)
}

func (r *room) joinBot(contactID string) chat.Joined {
	r.t.Helper()
	bot, err := r.chats.Join(r.t.Context(), contactID, transcript.CustomBot, "Bot")
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := r.chats.Connect(r.t.Context(), bot.Token, true); err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
	return bot
}

// The built-in partner steps back for a custom bot, whenever the bot comes, and in again when the bot
// has left.
func TestRowA4PartnerStepsBackForABot(t *testing.T) {
	t.Parallel()
	t.Run("in a chat that the partner answers", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRoomWithStandby(t)
			pat := r.arrive()
			pass(time.Second)
			pat.heard()
			bot := r.joinBot(pat.contactID)
			pat.say("hello")
			pass(time.Second)
			if diff := cmp.Diff([]string{"joined", "left"}, pat.heard()); diff != "" {
				t.Errorf("with the bot there: %s", diff)
			}
			r.desk.Close() // a restart keeps it so
			r.chats.Close()
			r.open(nil)
			r.addStandby()
			r.begin()
			pass(time.Second)
			if held := r.holds(partner.DefaultName); len(held) != 0 {
				t.Errorf("after a restart the partner has %q", held)
			}
			if err := r.chats.Leave(t.Context(), pat.contactID, bot.ParticipantID); err != nil {
				t.Fatal(err)
			}
			pass(time.Second)
			if held := r.holds(partner.DefaultName); !slices.Equal(held, []string{pat.contactID}) {
				t.Errorf("after the bot the partner has %q", held)
			}
		})
	})
	t.Run("before the customer connects", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRoomWithStandby(t)
			pat := r.start(chat.StartRequest{})
			r.joinBot(pat.contactID)
			pat.connect()
			pass(time.Second)
			if heard := pat.heard(); len(heard) != 0 {
				t.Errorf("heard %q", heard)
			}
		})
	})
	t.Run("while the partner is on its way", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRoom(t, nil)
			disk := &flaky{Store: r.store}
			r.close()
			r.store = disk
			r.open(nil)
			r.addStandby()
			r.begin()
			pat := r.start(chat.StartRequest{})
			disk.slow.Store(true)
			go func() { pat.connect() }()
			synctest.Wait() // the customer's coming is being stored
			joined := make(chan error, 1)
			go func() {
				_, err := r.chats.Join(t.Context(), pat.contactID, transcript.CustomBot, "Bot")
				joined <- err
			}()
			pass(4 * time.Second) // the bot has its turn before the partner
			if err := <-joined; err != nil {
				t.Fatal(err)
			}
			if heard := pat.heard(); !slices.Equal(heard, []string{"joined"}) || len(r.holds(partner.DefaultName)) != 0 {
				t.Errorf("heard %q, the partner has %q", heard, r.holds(partner.DefaultName))
			}
		})
	})
	t.Run("not a script or a person", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRoomWithStandby(t)
			r.add(desk.AgentConfig{Name: "Ann"})
			pat := r.arrive()
			r.accept("Ann", pat.contactID)
			if _, err := r.desk.Supervise(t.Context(), partner.DefaultName, pat.contactID); err != nil {
				t.Fatal(err)
			}
			_, err := r.chats.Join(t.Context(), pat.contactID, transcript.CustomBot, "Bot")
			refusal(t, "beside Ann", err, chat.ErrConflict)
			if !strings.Contains(err.Error(), "this chat also has Ann (AGENT), Parley (SUPERVISOR)") {
				t.Errorf("%v", err)
			}
		})
	})
}
