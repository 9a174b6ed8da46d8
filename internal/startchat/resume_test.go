package startchat_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/identity"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/startchat"
)

func signed(source identity.KeySource) startchat.Config {
	return public(func(p *startchat.Policy) { p.Persistent, p.ResumeKeys = startchat.PersistentSigned, source })
}

// startedAs starts a chat and returns its resume id, which stands in both places.
func startedAs(t *testing.T, cfg startchat.Config, caller *identity.Caller, contact string) string {
	t.Helper()
	h, starter, _ := newHandler(t, cfg)
	starter.result = startchat.Result{ContactID: contact, ParticipantID: "participant-1", ParticipantToken: secret.New(token)}
	w := postAs(h, caller, "", `{}`)
	var answer struct {
		Data struct {
			StartChatResult struct {
				ResumeID string `json:"resumeId"`
			} `json:"startChatResult"`
		} `json:"data"`
		ResumeID string `json:"resumeId"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != 200 {
		t.Fatalf("got %d %s (%v)", w.Code, w.Body, err)
	}
	if answer.ResumeID == "" || answer.Data.StartChatResult.ResumeID != answer.ResumeID {
		t.Fatalf("the resume id does not stand in both places: %s", w.Body)
	}
	return answer.ResumeID
}

func resumeBody(id string) string {
	source, _ := json.Marshal(id)
	return `{"PersistentChat":{"SourceContactId":` + string(source) + `,"RehydrationType":"ENTIRE_PAST_SESSION"}}`
}

func invalid() refusal {
	return refusal{diagnosis.ResumeIDInvalid, 403, "PersistentChat.SourceContactId"}
}

// resume tries to continue a chat. The contact that the call names is returned, or "".
func resume(t *testing.T, cfg startchat.Config, caller *identity.Caller, id string, want refusal) string {
	t.Helper()
	h, starter, _ := newHandler(t, cfg)
	if want.check(t, postAs(h, caller, "", resumeBody(id)), starter) {
		return ""
	}
	chat, _ := starter.sent(t)["PersistentChat"].(map[string]any)
	if chat["RehydrationType"] != "ENTIRE_PAST_SESSION" || len(chat) != 2 {
		t.Errorf("PersistentChat = %v", chat)
	}
	contact, _ := chat["SourceContactId"].(string)
	return contact
}

const contact = "c0ffee00-1111-2222-3333-444455556666"

func TestResume(t *testing.T) {
	t.Parallel()
	kim, lee := &identity.Caller{Subject: "kim"}, &identity.Caller{Subject: "lee"}
	before, now, after := signed(keys{key("a")}), signed(keys{key("b"), key("a")}), signed(keys{key("c"), key("b")})
	foreign := signed(keys{key("a")})
	foreign.Defaults.InstanceID = otherInstance
	id := startedAs(t, before, kim, contact)
	if parts := strings.Split(id, "."); len(parts) != 3 || parts[0] != contact || len(parts[2]) != 43 {
		t.Errorf("the resume id is %s", id)
	}
	tests := []struct {
		name   string
		cfg    startchat.Config
		caller *identity.Caller
		id     string
		ok     bool
	}{
		{"by the same caller", before, kim, id, true},
		{"with the previous key", now, kim, id, true},
		{"with a key before the previous one", after, kim, id, false},
		{"by somebody else", before, lee, id, false},
		{"by nobody", before, nil, id, false},
		{"on another instance", foreign, kim, id, false},
		{"by nobody, of nobody", before, nil, startedAs(t, before, nil, contact), true},
		{"by somebody, of nobody", before, kim, startedAs(t, before, nil, contact), false},
		{"a contact id with points", before, kim, startedAs(t, before, kim, "a.b.c"), true},
		{"a contact of the longest id", before, kim, startedAs(t, before, kim, strings.Repeat("x", 256)), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := refusal{}
			if !tt.ok {
				want = invalid()
			}
			got := resume(t, tt.cfg, tt.caller, tt.id, want)
			if tt.ok && !strings.HasPrefix(tt.id, got+".") {
				t.Errorf("the call names %q for %s", got, tt.id)
			}
		})
	}
}

func TestResumeForgery(t *testing.T) {
	t.Parallel()
	cfg, kim := signed(keys{key("a"), key("b")}), &identity.Caller{Subject: "kim"}
	id := startedAs(t, cfg, kim, contact)
	other := startedAs(t, cfg, kim, "0ther000-1111-2222-3333-444455556666")
	parts, others := strings.Split(id, "."), strings.Split(other, ".")
	forgeries := map[string]string{
		"bare":               contact,
		"of another contact": others[0] + "." + parts[1] + "." + parts[2],
		"other's signature":  parts[0] + "." + parts[1] + "." + others[2],
		"later":              parts[0] + ".9999999999." + parts[2],
		"earlier":            parts[0] + ".1." + parts[2],
		"zero in front":      parts[0] + ".0" + parts[1] + "." + parts[2],
		"plus in front":      parts[0] + ".+" + parts[1] + "." + parts[2],
		"no signature":       parts[0] + "." + parts[1] + ".",
		"no expiry":          parts[0] + ".." + parts[2],
		"no contact":         "." + parts[1] + "." + parts[2],
		"two parts":          parts[0] + "." + parts[2],
		"padding":            id + "=",
		"blank behind":       id + " ",
		"blank in front":     " " + id,
		"line behind":        id + "\n",
		"standard alphabet":  parts[0] + "." + parts[1] + "." + strings.NewReplacer("-", "+", "_", "/").Replace(parts[2]) + "=",
		"point moved":        strings.Replace(id, "-", ".", 1),
		"contact in between": parts[0] + "." + id,
		"capitals":           strings.ToUpper(id),
		"points":             "...",
		"long":               strings.Repeat("x", 20_000) + "." + parts[1] + "." + parts[2],
		"NUL":                contact + "\x00." + parts[1] + "." + parts[2],
	}
	// The last character of 43 holds two bits that count for nothing: other texts of the same bytes.
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, id[len(id)-1])
	for i := range 4 {
		if same := last&^3 | i; same != last {
			forgeries[fmt.Sprint("other text of the same bytes ", i)] = id[:len(id)-1] + alphabet[same:same+1]
		}
	}
	h, starter, log := newHandler(t, cfg)
	try := func(name, forged string) {
		w := postAs(h, kim, "", resumeBody(forged))
		if starter.request != nil || w.Code != 403 || !strings.Contains(log.String(), `"rule":"resume-id-invalid"`) {
			t.Errorf("%s: got %d %s for %q", name, w.Code, w.Body, forged)
			starter.request = nil
		}
	}
	for _, name := range slices.Sorted(maps.Keys(forgeries)) {
		if forgeries[name] != id { // a signature may have neither - nor _
			try(name, forgeries[name])
		}
	}
	for i := range len(id) {
		if i > 0 { // an empty id asks for a new chat
			try("truncated", id[:i])
		}
		for bit := range 7 { // the eighth would be no UTF-8
			flipped := []byte(id)
			flipped[i] ^= 1 << bit
			try("flipped", string(flipped))
		}
	}
	if strings.Contains(log.String(), parts[2]) || strings.Contains(log.String(), contact) {
		t.Error("the log holds a resume id")
	}
}

func TestResumeExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := signed(keys{key("a")})
		h, starter, log := newHandler(t, cfg)
		starter.result = startchat.Result{ContactID: contact, ParticipantToken: secret.New(token)}
		id := startedAs(t, cfg, nil, contact)
		wait := func(d time.Duration) { <-time.After(d) }
		wait(30*24*time.Hour - time.Second)
		if got := resume(t, cfg, nil, id, refusal{}); got != contact {
			t.Errorf("a second before the end the call names %q", got)
		}
		wait(time.Second)
		invalid().check(t, post(h, "", resumeBody(id)), starter)
		if !strings.Contains(log.String(), "expired") {
			t.Errorf("the log does not say why: %s", log)
		}
	})
}

func TestPersistentModes(t *testing.T) {
	t.Parallel()
	off := refusal{diagnosis.PersistentChatOff, 403, "PersistentChat"}
	tests := []struct {
		name, body string
		mode       startchat.PersistentMode
		want       refusal
		sent       any
	}{
		{"off is what none means", resumeBody(contact), "", off, nil},
		{"off", resumeBody(contact), startchat.PersistentOff, off, nil},
		{"off, of another type", `{"PersistentChat":[]}`, startchat.PersistentOff, off, nil},
		{"off, but only half of it is asked for", `{"PersistentChat":{"SourceContactId":"c-1"}}`, startchat.PersistentOff, refusal{}, nil},
		{"off, by a form", `PersistentChat.SourceContactId=c-1&PersistentChat.RehydrationType=FROM_SEGMENT`, startchat.PersistentOff, off, nil},
		{"open", resumeBody(contact), startchat.PersistentOpen, refusal{}, map[string]any{"SourceContactId": contact, "RehydrationType": "ENTIRE_PAST_SESSION"}},
		{"signed, without", `{}`, startchat.PersistentSigned, refusal{}, nil},
		{"signed, null", `{"PersistentChat":null}`, startchat.PersistentSigned, refusal{}, nil},
		{"signed, half", `{"PersistentChat":{"SourceContactId":null,"RehydrationType":"FROM_SEGMENT"}}`, startchat.PersistentSigned, refusal{}, nil},
		{"signed, bare", resumeBody(contact), startchat.PersistentSigned, invalid(), nil},
		{"signed, bare, by a form", `PersistentChat.SourceContactId=c-1&PersistentChat.RehydrationType=FROM_SEGMENT`, startchat.PersistentSigned, invalid(), nil},
		{"signed, of another type", `{"PersistentChat":"x"}`, startchat.PersistentSigned, refusal{diagnosis.WrongType, 400, "PersistentChat"}, nil},
		{"signed, a list for an id", `{"PersistentChat":{"SourceContactId":[],"RehydrationType":"FROM_SEGMENT"}}`, startchat.PersistentSigned, refusal{diagnosis.WrongType, 400, "PersistentChat.SourceContactId"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, starter, _ := newHandler(t, public(func(p *startchat.Policy) { p.Persistent, p.ResumeKeys = tt.mode, keys{key("a")} }))
			contentType := "application/json"
			if !strings.HasPrefix(tt.body, "{") {
				contentType = "application/x-www-form-urlencoded"
			}
			w := post(h, contentType, tt.body)
			if tt.want.check(t, w, starter) {
				return
			}
			if diff := cmp.Diff(tt.sent, starter.sent(t)["PersistentChat"]); diff != "" {
				t.Errorf("PersistentChat (-want +got):\n%s", diff)
			}
			if has := strings.Contains(w.Body.String(), "resumeId"); has != (tt.mode == startchat.PersistentSigned) {
				t.Errorf("whether the answer has a resume id: %v: %s", has, w.Body)
			}
		})
	}
	t.Run("signed, a related contact is none of its business", func(t *testing.T) {
		t.Parallel()
		cfg := signed(keys{key("a")})
		cfg.Policy.Members = []string{"RelatedContactId"}
		h, starter, _ := newHandler(t, cfg)
		if w := post(h, "", `{"RelatedContactId":"c-9"}`); w.Code != 200 || starter.sent(t)["RelatedContactId"] != "c-9" {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
	})
}

// Without keys no chat is continued, but new ones still start.
func TestResumeWithoutKeys(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]keys{
		"unreadable": nil, "empty": {secret.Text{}}, "short": {secret.New("short"), key("a")},
	} {
		h, starter, log := newHandler(t, signed(source))
		w := post(h, "", `{}`)
		if w.Code != 200 || strings.Contains(w.Body.String(), "resumeId") || !strings.Contains(log.String(), "no resume id can be signed") {
			t.Errorf("%s: got %d %s, log %s", name, w.Code, w.Body, log)
		}
		starter.request = nil
		w = post(h, "", resumeBody(contact))
		wantProblem(t, w, http.StatusServiceUnavailable, diagnosis.IdentityUnavailable)
		if starter.request != nil || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: call %v, headers %v", name, starter.request, w.Header())
		}
	}
	// A key that is too short to sign with is not accepted either.
	id := startedAs(t, signed(keys{key("a")}), nil, contact)
	resume(t, signed(keys{key("b"), secret.New(strings.Repeat("a", 31))}), nil, id, invalid())
}
