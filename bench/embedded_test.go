package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/store"
)

func TestEmbeddedOptions(t *testing.T) {
	t.Parallel()
	full := filepath.Join("docs", "benchmarks-embedded.md")
	for args, want := range map[string]string{
		"": full, "-rounds 2": "-", "-items 1000": "-", "-chats 0": "-", "-writers 8": "-", "-menus 999": "-", "-talks 0": "-", "-scenarios 5": "-", "-waiting 5": "-", "-chats 0 -out x.md": "x.md",
	} {
		o, err := parseEmbedded(strings.Fields(args), io.Discard)
		if err != nil || o.out != want {
			t.Errorf("bench embedded %s writes %q (%v), want %q", args, o.out, err, want)
		}
	}
	for _, args := range []string{"-rounds 0", "-chats -1", "-menus -1", "-rate 0", "more", "-duration 1ms"} {
		if _, err := parseEmbedded(strings.Fields(args), io.Discard); err == nil {
			t.Errorf("bench embedded %s: no error", args)
		}
	}
}

// Only what came within the timing counts, from when it was sent; other frames do not.
func TestFanOut(t *testing.T) {
	t.Parallel()
	f := &fanOut{began: time.Now(), heard: make([][]heard, socketsEach)}
	socket := f.listen(0, 2)
	frame := func(sent time.Duration) []byte {
		return fmt.Appendf(nil, `{"topic":"aws/chat","content":"{\"Content\":\"%s%016d %s\"}"}`, marker, sent, text)
	}
	socket(frame(-time.Second))
	socket([]byte(`{"topic":"aws/heartbeat"}`))
	from := time.Now()
	for _, sent := range []time.Duration{-2 * time.Hour, -time.Hour} {
		socket(frame(sent))
	}
	if got := f.total.Load(); got != 3 {
		t.Errorf("%d messages were heard, want 3", got)
	}
	took := f.take(timing{from, time.Now().Add(time.Minute)})
	if len(took) != 2 || took[0].Round(time.Minute) != time.Hour || took[1].Round(time.Minute) != 2*time.Hour {
		t.Errorf("took %v, want an hour and two", took)
	}
	if took := f.take(timing{from, time.Now().Add(time.Minute)}); len(took) != 0 {
		t.Errorf("took %v again", took)
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	last, err := fill(t.Context(), dir, itemsEach+10)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	seqs := map[string]int64{}
	err = s.Active(t.Context(), func(l chat.Loaded) error {
		seqs[l.Contact.ID] = l.LastSeq
		return nil
	})
	if err != nil || len(seqs) != 2 || seqs[last.ID] != 10 {
		t.Errorf("%v, %v; want two chats, the last with 10 items", seqs, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestEmbeddedTargets(t *testing.T) {
	t.Parallel()
	r := &embeddedResult{
		embeddedOptions: embeddedOptions{chats: 1024, writers: 64, rooms: 200, items: 5, waiting: 10_000},
		messages:        map[string][]sample{durable: {{rate: 6000, p99: 30 * time.Millisecond}}},
		recorded:        []sample{{rate: 4800}}, unrecorded: []sample{{rate: 5000}},
		idle: spread{0}, full: spread{12 << 20}, peak: spread{12 << 20}, restarts: spread{10, 30, 20},
		ofFlow: spread{3, 2.6, 4}, ofPartner: spread{2, 2, 4}, atMenu: spread{6144}, withoutFlow: spread{4096},
		played: spread{3, 2, 4}, spoken: spread{6, 7, 8}, driven: spread{4, 3, 2},
	}
	want := strings.Join([]string{
		"| memory of each of 1024 connected chats | ≤ 12 KiB | 12.0 KiB | met |",
		"| durable messages, 64 writers | ≥ 5,000/s | 6000/s | met |",
		"| their p99 | < 25 ms | 30.0 ms | missed |",
		"| their rate with the inspector to that without | ≥ 0.95 | 0.96 | met |",
		"| fan-out p99, 1000 sockets | < 15 ms | – | not measured |",
		"| restart with 5 items until ready | < 1 s | 20 ms (10 ms–30 ms) | met |",
		"| start on an empty store until the first chat | < 100 ms | – | not measured |",
		"| p99 of a flow's answers to that of the built-in partner's | ≤ 1.3 | 1.30 (1.00–1.50) | met |",
		"| heap of a chat at a menu of a flow, more than without a flow | ≤ 2 KiB | 2.00 KiB | met |",
		"| CPU of a scenario of 20 turns, from file to verdict, to that of a server and its client for them | ≤ 0.02 | 0.300 (0.200–0.400) | missed |",
		"| CPU of an assignment with 10000 waiting to that with 100 | ≤ 1.5 | – | not measured |",
	}, "\n")
	var got []string
	for line := range strings.Lines(r.targets()) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	if diff := cmp.Diff(want, strings.Join(got[2:], "\n")); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
}

// The answer of a flow ends with its menu, and counts from its text on.
func TestTalk(t *testing.T) {
	t.Parallel()
	of := talks(1, talk{last: interactive})[0]
	frame := func(role, kind string) []byte {
		return fmt.Appendf(nil, `{"topic":"aws/chat","content":"{\"Type\":\"MESSAGE\",\"ParticipantRole\":\"%s\",\"ContentType\":\"%s\"}"}`, role, kind)
	}
	of.hear(frame("CUSTOMER", interactiveResponse))
	of.hear([]byte(`{"topic":"aws/heartbeat"}`))
	if !of.came.IsZero() {
		t.Error("what the customer said is no answer")
	}
	of.hear(frame("SYSTEM", plainText))
	began := of.came
	if began.IsZero() || len(of.heard) > 0 {
		t.Error("the answer does not begin with its text, or ends with it")
	}
	of.hear(frame("SYSTEM", interactive))
	if came, err := of.answer(t.Context()); err != nil || !came.Equal(began) {
		t.Errorf("the answer came at %v (%v), want %v", came, err, began)
	}
}
