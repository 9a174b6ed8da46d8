package participant_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/participant"
	"github.com/parley-chat/parley/internal/strict"
	"github.com/parley-chat/parley/internal/transcript"
)

// Under strict rules the documented freedoms are taken: frames come twice, late and with
// members nobody knows, and a client that holds to Id and order gets through.
func TestStrictFreedoms(t *testing.T) {
	inBubble(t, setup{config: func(c *participant.Config) {
		c.Strict = strict.New(strict.Config{Seed: 1, Rates: map[string]strict.Rate{"participant:SendMessage": {PerSecond: 1000, Burst: 1000}}})
	}}, func(w *world) {
		t := w.t
		c := w.newCustomer()
		b := w.subscribed(c.socketURL)
		joined := b.item()["Id"]
		twice, extra, late := 0, 0, 0
		last := ""
		for i := range 60 {
			a := w.must("message", c.token, fmt.Sprintf(`{"ContentType":"text/plain","Content":"%d"}`, i))
			synctest.Wait()
			if len(b.frames) == 0 {
				late++
			}
			item := b.item()
			for item["Id"] == joined { // shown twice
				item = b.item()
			}
			for item["Id"] == last {
				twice++
				item = b.item()
			}
			if item["Id"] != a.member(t, "Id") || item["Content"] != fmt.Sprint(i) {
				t.Fatalf("item %d is %v", i, item)
			}
			if item["ParleyUnknownMember"] != nil {
				extra++
			}
			last = a.member(t, "Id")
		}
		if twice == 0 || extra == 0 || late == 0 || late == 60 {
			t.Errorf("%d twice, %d with more, %d late", twice, extra, late)
		}
	})
}

func TestStrictRates(t *testing.T) {
	inBubble(t, setup{config: func(c *participant.Config) { c.Strict = strict.New(strict.Config{Seed: 1}) }}, func(w *world) {
		t := w.t
		c := w.newCustomer()
		statuses := map[int]int{}
		var last answer
		for range 16 {
			last = w.post("message", c.token, `{"ContentType":"text/plain","Content":"x"}`)
			statuses[last.Status]++
		}
		if statuses[http.StatusOK] != 15 || last.member(t, "__type") != "ThrottlingException" || last.Status != 429 {
			t.Errorf("%v, the last %s", statuses, last.Body)
		}
		// A reconnect is never throttled: chatjs would give up for good.
		w.subscribed(c.socketURL)
		for range 30 {
			w.connect(c.Started)
		}
	})
}

// A customer's interactive response is held against its documented shape when strict, and only then.
func TestRowA9InteractiveResponse(t *testing.T) {
	t.Parallel()
	for _, rules := range []*strict.Rules{nil, strict.New(strict.Config{Seed: 1})} {
		w := newWorld(t, setup{config: func(c *participant.Config) { c.Strict = rules }})
		c := w.connect(w.start(chat.StartRequest{ContentTypes: []string{transcript.TextPlain, transcript.InteractiveResponse}}))
		send := func(content string) answer {
			return w.post("message", c.token, fmt.Sprintf(`{"ContentType":%q,"Content":%q}`, transcript.InteractiveResponse, content))
		}
		if a := send(`{"version":"1.0","action":"Next"}`); a.Status != http.StatusOK {
			t.Errorf("strict %v: %d %s", rules.Enabled(), a.Status, a.Body)
		}
		want, name := http.StatusOK, ""
		if rules.Enabled() {
			want, name = http.StatusBadRequest, "InvalidRequestException"
		}
		for _, content := range []string{`{"version":"1.0"}`, `{"action":"Next"}`} {
			if a := send(content); a.Status != want || a.Header.Get("X-Amzn-Errortype") != name {
				t.Errorf("strict %v, %s: %d %s", rules.Enabled(), content, a.Status, a.Body)
			}
		}
	}
}
