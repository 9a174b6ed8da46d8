package chat_test

import (
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/secret"
)

// A sign-in that went to its page ends as the code says that the page gave out, once; nothing that the
// page did not give out ends it.
func TestSignInOnAPage(t *testing.T) {
	t.Parallel()
	//nolint:thelper // it is the test
	pass(t, func(t *testing.T, w *world, pass func(time.Duration)) {
		const back = "https://shop.example/back"
		begin := func() (started chat.Started, session string, state secret.Text, record *tape) {
			started, _, record = w.begin(request())
			session, err := w.BeginAuthentication(t.Context(), started.ContactID)
			if err == nil {
				state, err = w.OpenAuthentication(t.Context(), started.ContactID, session, back)
			}
			if err != nil {
				t.Fatal(err)
			}
			return started, session, state, record
		}
		for name, test := range map[string]struct {
			expired, fails bool
			late           time.Duration
			want           []string
		}{
			"in":       {want: []string{"authentication.succeeded", "participant.displayname.updated"}},
			"fails":    {fails: true, want: []string{"authentication.failed"}},
			"expired":  {expired: true, want: []string{"authentication.expired"}},
			"too late": {late: 5 * time.Minute, want: []string{"authentication.expired"}},
		} {
			started, _, state, record := begin()
			_, _, other, _ := begin()
			if got, err := w.SignInRedirect(t.Context(), state); err != nil || got != back {
				t.Errorf("%s: %q, %v", name, got, err)
			}
			if holder, ok := w.Holder(state); !ok || holder.ContactID != started.ContactID || holder.ParticipantID != started.ParticipantID || holder.Left {
				t.Errorf("%s: the state is of %+v", name, holder)
			}
			foreign, err := w.Authorize(t.Context(), other, "Eve", false)
			if err != nil {
				t.Fatal(err)
			}
			code, err := w.Authorize(t.Context(), state, "Ada", test.expired)
			if err != nil {
				t.Fatal(err)
			}
			for what, wrong := range map[string]secret.Text{"another's code": foreign, "a state": state, "the token": started.Token, "a text": secret.New("x")} {
				invalidField(t, what, w.FinishSignIn(t.Context(), state, wrong), "Code")
			}
			for what, wrong := range map[string]secret.Text{"a code": code, "the token": started.Token, "a text": secret.New("x"), "nothing": {}} {
				invalidField(t, what, w.FinishSignIn(t.Context(), wrong, code), "State")
			}
			pass(test.late)
			if test.fails {
				code = secret.Text{}
			}
			if err := w.FinishSignIn(t.Context(), state, code); err != nil {
				t.Fatal(err)
			}
			invalidField(t, "a second time", w.FinishSignIn(t.Context(), state, code), "State")
			_, err = w.SignInRedirect(t.Context(), state)
			invalidField(t, "the page afterwards", err, "State")
			items, _ := record.heard()
			var got []string
			for _, item := range items[2:] { // after joining and being asked
				got = append(got, item.ContentType[len("application/vnd.amazonaws.connect.event."):])
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%s: the customer was told %q", name, got)
			}
			if contact := w.contact(started.ContactID); (contact.Customer().DisplayName == "Ada") != (name == "in") {
				t.Errorf("%s: the customer is %q", name, contact.Customer().DisplayName)
			}
		}

		started, session, state, _ := begin()
		for _, name := range []string{"", "\xff"} {
			_, err := w.Authorize(t.Context(), state, name, false)
			invalidField(t, "nobody", err, "DisplayName")
		}
		if _, err := w.BeginAuthentication(t.Context(), started.ContactID); err != nil { // asked again
			t.Fatal(err)
		}
		_, err := w.Authorize(t.Context(), state, "Ada", false)
		invalidField(t, "of an earlier session", err, "State")
		_, err = w.OpenAuthentication(t.Context(), started.ContactID, session, back)
		invalidField(t, "an earlier session", err, "SessionId")
		w.end(started.ContactID)
		_, err = w.SignInRedirect(t.Context(), state)
		invalidField(t, "of a chat that is over", err, "State")
	})
}
