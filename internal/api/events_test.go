package api_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/inspect"
	"github.com/parley-chat/parley/internal/server"
	"github.com/parley-chat/parley/internal/transcript"
)

// event is one event as it came.
type event struct{ Name, ID, Data string }

// stream is a listener.
type stream struct {
	w      *world
	events chan event
	last   string // the id of the last event that was taken
	close  func()
	done   chan struct{} // closed when the stream has ended
}

// listen opens a stream and takes the events with which it begins.
func (w *world) listen(query, lastID string) *stream {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.host+"/api/events?"+query, http.NoBody)
	if err != nil {
		w.t.Fatal(err)
	}
	if lastID != "" {
		request.Header.Set("Last-Event-ID", lastID)
	}
	response, err := w.client.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	if kind := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || kind != "text/event-stream" || response.Header.Get("Cache-Control") != "no-store" {
		w.t.Fatalf("listening: %s %v", response.Status, response.Header)
	}
	if err := theContract().checkAnswer(theContract().find(http.MethodGet, "/api/events"), 200, response.Header, nil); err != nil {
		w.t.Error(err)
	}
	s := &stream{w: w, events: make(chan event, 10_000), done: make(chan struct{})}
	s.close = func() {
		cancel()
		<-s.done
	}
	w.t.Cleanup(s.close)
	go func() {
		defer close(s.done)
		defer func() { _ = response.Body.Close() }()
		lines := bufio.NewScanner(response.Body)
		lines.Buffer(nil, 1<<20)
		var next event
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "event":
				next.Name = value
			case "id":
				next.ID = value
			case "data":
				next.Data += value
			case "": // an empty line, or a comment
				if lines.Text() != "" {
					next = event{Name: lines.Text()}
				}
				s.events <- next
				next = event{}
			}
		}
		s.events <- event{Name: "end"}
	}()
	return s
}

// next returns the next event; its name is "end" at the end. Comments, which a stream has whenever nothing
// else came for some time, do not count.
func (s *stream) next() event {
	s.w.t.Helper()
	for {
		if e := s.any(); !strings.HasPrefix(e.Name, ":") {
			return e
		}
	}
}

// any returns the next event or comment; the name of a comment is ":" and its text.
func (s *stream) any() event {
	s.w.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		var e event
		select {
		case e = <-s.events:
		case <-deadline.C:
			s.w.t.Fatal("no event came")
		}
		switch {
		case e == (event{}): // the empty line after a comment
			continue
		case e.ID != "":
			s.last = e.ID
		}
		return e
	}
}

// names returns the names of the next events.
func (s *stream) names(n int) []string {
	s.w.t.Helper()
	var names []string
	for range n {
		names = append(names, s.next().Name)
	}
	return names
}

// until takes events up to one of a name whose data has a text.
func (s *stream) until(name, text string) event {
	s.w.t.Helper()
	for {
		e := s.next()
		if e.Name == name && strings.Contains(e.Data, text) {
			return e
		}
		if e.Name == "end" {
			s.w.t.Fatalf("the stream ended before %s %q", name, text)
		}
	}
}

func (s *stream) wantHello() {
	s.w.t.Helper()
	if e := s.next(); e.Name != "hello" || e.Data != "{}" || e.ID == "" {
		s.w.t.Fatalf("it began with %v", e)
	}
}

// Every event comes in its order and is what the description says.
func TestEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	s := w.listen("", "")
	s.wantHello()
	schemas := map[string]string{
		"contact": "/components/schemas/Contact", "item": "/components/schemas/Item", "exchange": "/components/schemas/Exchange",
	}
	seen, last := map[string]int{}, 0
	take := func(name, text string) {
		t.Helper()
		for {
			e := s.next()
			seen[e.Name]++
			id, err := strconv.Atoi(e.ID)
			if err != nil || id <= last {
				t.Fatalf("after %d comes %q", last, e.ID)
			}
			last = id
			if schema := schemas[e.Name]; schema == "" {
				if e.Data != "{}" {
					t.Errorf("%s tells %s", e.Name, e.Data)
				}
			} else if err := theContract().checkJSON(schema, []byte(e.Data)); err != nil {
				t.Errorf("%s: %v\n%s", e.Name, err, e.Data)
			}
			if secret := w.secretIn(e.Data); secret != "" {
				t.Errorf("%s tells a secret: %s", e.Name, e.Data)
			}
			if strings.Contains(e.Data, `"requestBody"`) || strings.Contains(e.Data, `"requestHeaders"`) {
				t.Errorf("a summary has more: %s", e.Data)
			}
			if e.Name == name && strings.Contains(e.Data, text) {
				return
			}
		}
	}
	ann := w.hire("Ann")
	take("desk", "")
	c := w.open("")
	take("contact", `"state":"initiated"`)
	take("contact", `"state":"connected"`)
	w.must(http.MethodPost, "/api/desk/agents/"+ann+"/accept", map[string]any{"contactId": c.id})
	take("item", "participant.joined")
	take("contact", `"displayName":"Ann"`)
	w.must(http.MethodPost, "/api/desk/agents/"+ann+"/contacts/"+c.id+"/typing", nil)
	take("item", "event.typing")
	c.say("one\n\nevent: evil\n\u2028\x1b")
	take("item", "one")
	take("exchange", "SendMessage")
	c.upload("a.txt", "text/plain", "abc")
	take("item", "a.txt")
	w.must(http.MethodPatch, "/api/contacts/"+c.id, map[string]any{"attributes": map[string]any{"a": "b"}})
	take("contact", `"a":"b"`)
	w.must(http.MethodPost, "/api/faults/presets/slow-network", nil)
	take("faults", "")
	w.must(http.MethodPost, "/api/clock", map[string]any{"skipMs": 1})
	take("clock", "")
	w.must(http.MethodPost, "/api/contacts/"+c.id+"/end", nil)
	take("item", "chat.ended")
	take("contact", `"state":"ended"`)
	if seen["evil"] > 0 {
		t.Error("a message has made an event")
	}
}

// numbered tells of a message, and returns what it is known by.
func (w *world) numbered(contactID string, n int) {
	w.events.Observe(&chat.Contact{ID: contactID, Participants: []chat.Participant{{}}}, &transcript.Item{
		Type: transcript.MessageItem, ContactID: contactID, Content: fmt.Sprintf("number %d.", n), HasContent: true,
	})
}

// Who comes back is given what was missed, in order, nothing twice, and then what is new.
func TestEventsResume(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{aws: true})
	s := w.listen("topics=items", "")
	s.wantHello()
	fresh := s.last
	told := 0
	tell := func(n int) {
		for range n {
			told++
			w.numbered("c", told)
			w.events.Desk() // which nobody asked for
		}
	}
	want := func(s *stream, from, to int) {
		t.Helper()
		for i := from; i <= to; i++ {
			if e := s.next(); e.Name != "item" || !strings.Contains(e.Data, fmt.Sprintf("number %d.", i)) {
				t.Fatalf("instead of %d came %v", i, e)
			}
		}
	}
	tell(10)
	want(s, 1, 10)
	s.close()
	tell(5)
	next := w.listen("topics=items", s.last)
	next.wantHello()
	if next.last != s.last {
		t.Errorf("hello of %s after %s: who is cut off now would miss something", next.last, s.last)
	}
	tell(2)
	want(next, 11, 17)
	// From the very beginning, and from the end.
	first := w.listen("topics=items", fresh)
	first.wantHello()
	want(first, 1, 17)
	tell(1)
	want(first, 18, 18)
	last := w.listen("topics=items", first.last)
	last.wantHello()
	tell(1)
	want(last, 19, 19)
	// All that is remembered, and no more.
	tell((api.Remembered - 2*19) / 2)
	all := w.listen("topics=items", fresh)
	all.wantHello()
	want(all, 1, told)
	tell(1)
	late := w.listen("topics=items", fresh)
	if got := late.names(2); !slices.Equal(got, []string{"reset", "hello"}) {
		t.Errorf("after too much was missed: %v", got)
	}
	tell(1)
	want(late, told, told)
}

// What was heard of another run of the server is never taken for this one's.
func TestEventsOfAnotherRun(t *testing.T) {
	t.Parallel()
	before, after := newWorld(t, setup{aws: true}), (*world)(nil)
	s := before.listen("", "")
	s.wantHello()
	for range 10 {
		before.events.Desk()
		s.next()
	}
	after = newWorld(t, setup{aws: true})
	for range 100 {
		after.events.Desk()
	}
	for _, id := range []string{s.last, "0", "1", "18446744073709551615", "9007199254740993"} {
		next := after.listen("topics=desk", id)
		if got := next.names(2); !slices.Equal(got, []string{"reset", "hello"}) {
			t.Errorf("after %s: %v", id, got)
		}
		after.events.Desk()
		if e := next.next(); e.Name != "desk" {
			t.Errorf("then: %v", e)
		}
	}
}

// Long texts are remembered within a bound of memory.
func TestEventsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{aws: true})
	s := w.listen("topics=items", "")
	s.wantHello()
	for range 1000 {
		w.events.Observe(&chat.Contact{ID: "c"}, &transcript.Item{Type: transcript.MessageItem, Content: strings.Repeat("x", 16<<10), HasContent: true})
		s.next()
	}
	late := w.listen("topics=items", s.last)
	late.wantHello()
	id, err := strconv.Atoi(s.last)
	if err != nil {
		t.Fatal(err)
	}
	recent := w.listen("topics=items", fmt.Sprint(id-400)) // 13 MiB
	recent.wantHello()
	for range 400 {
		recent.next()
	}
	if got := w.listen("topics=items", fmt.Sprint(id-600)).next(); got.Name != "reset" { // 20 MiB
		t.Errorf("after 20 MiB: %v", got.Name)
	}
}

// Exchanges that passed while nobody listened are told to who comes back.
func TestEventsResumeExchanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	start := func(body string) string {
		t.Helper()
		id := w.start(body).id
		w.recorded("the start", func(x *inspect.Exchange) bool { return x.ContactID == id })
		return id
	}
	nobodyListens := func() {
		t.Helper()
		w.eventually("the streams have ended at the server", func() bool { return w.api.HearExchanges() == 0 })
	}
	start("")
	s := w.listen("topics=exchanges", "")
	s.wantHello()
	first := start(`{"ParticipantDetails":{"DisplayName":"first"}}`)
	if e := s.next(); e.Name != "exchange" || !strings.Contains(e.Data, "StartChatContact") || !strings.Contains(e.Data, first) {
		t.Fatalf("%v", e)
	}
	s.close()
	nobodyListens()
	var missed []string
	for range 5 {
		missed = append(missed, start(""))
	}
	fresh := w.listen("topics=exchanges", "")
	fresh.wantHello()
	next := w.listen("topics=exchanges", s.last)
	next.wantHello()
	missed = append(missed, start(""))
	for _, id := range missed {
		if e := next.next(); !strings.Contains(e.Data, id) {
			t.Fatalf("instead of %s came %v", id, e)
		}
	}
	if e := fresh.next(); !strings.Contains(e.Data, missed[len(missed)-1]) {
		t.Errorf("who comes for the first time is told of before: %v", e)
	}
	fresh.close()
	next.close()
	nobodyListens()
	for range api.MostMissed {
		w.raw(http.MethodGet, "/nothing", http.NoBody)
	}
	w.raw(http.MethodGet, "/nothing/more", http.NoBody)
	w.recorded("the last call", func(x *inspect.Exchange) bool { return x.Path == "/nothing/more" })
	late := w.listen("topics=exchanges", next.last)
	if got := late.names(2); !slices.Equal(got, []string{"reset", "hello"}) {
		t.Errorf("after too many: %v", got)
	}
	// Who listens to something else has missed nothing.
	w.listen("topics=items", next.last).wantHello()
}

func TestEventsOfOneContact(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c, other := w.open(""), w.open("")
	s := w.listen("contact="+c.id, "")
	s.wantHello()
	other.say("not for us")
	w.raw(http.MethodGet, "/nothing", http.NoBody) // of no contact
	w.must(http.MethodPost, "/api/contacts/"+other.id+"/end", nil)
	s.until("desk", "")
	c.say("for us")
	for _, name := range []string{"item", "exchange"} {
		if e := s.until(name, ""); !strings.Contains(e.Data, c.id) {
			t.Errorf("%v", e)
		}
	}
}

// A stream outlasts what calls may take, shows that it is alive, and ends when its listener goes.
func TestEventsLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, setup{aws: true, pipe: true})
		began := time.Now()
		s := w.listen("topics=desk", "")
		s.wantHello()
		for i := 1; i <= 10; i++ {
			if e := s.any(); e.Name != ": alive" || time.Since(began) != time.Duration(i)*15*time.Second {
				t.Fatalf("after %s: %v", time.Since(began), e)
			}
		}
		w.events.Desk()
		if e := s.next(); e.Name != "desk" || time.Since(began) != 150*time.Second {
			t.Errorf("after %s: %v", time.Since(began), e)
		}
		s.close()
	})
}

// deaf is a listener who reads when it wants to.
type deaf struct {
	net.Conn
	lines *bufio.Scanner
	id    string
}

// listenDeaf opens a stream and reads how it begins, and no more.
func (w *world) listenDeaf() *deaf {
	w.t.Helper()
	conn, err := w.dial(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = conn.Close() })
	if _, err := fmt.Fprintf(conn, "GET /api/events?topics=desk HTTP/1.1\r\nHost: %s\r\n\r\n", w.host); err != nil {
		w.t.Fatal(err)
	}
	d := &deaf{Conn: conn, lines: bufio.NewScanner(conn)}
	for d.lines.Scan() && !strings.HasPrefix(d.lines.Text(), "data: {}") {
		if name, value, _ := strings.Cut(d.lines.Text(), ": "); name == "id" {
			d.id = value
		}
	}
	return d
}

// Who does not read is cut off, holds up nobody, and goes on where it was.
func TestEventsCutSlowListeners(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, setup{aws: true, pipe: true})
		never, late := w.listenDeaf(), w.listenDeaf()
		other := w.listen("topics=desk", "")
		other.wantHello()
		began := time.Now()
		const many = api.Waiting + 100
		for range many {
			w.events.Desk()
			synctest.Wait() // so that the first is being written when the others come
			if e := other.next(); e.Name != "desk" {
				t.Fatalf("another listener is told %v", e)
			}
		}
		if time.Since(began) != 0 {
			t.Errorf("telling took %s", time.Since(began))
		}
		// Five seconds are not too long, but meanwhile more has come than is kept for it.
		<-time.NewTimer(5 * time.Second).C
		if err := late.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		read := 0
		for late.lines.Scan() && late.lines.Text() != "0" { // the end of a chunked answer
			read++
		}
		if err := late.lines.Err(); err != nil || read > 20 {
			t.Errorf("it was not cut off: %d lines, %v", read, err)
		}
		// Ten are.
		<-time.NewTimer(5*time.Second + 1).C
		synctest.Wait()
		if _, err := never.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("its connection is open: %v", err)
		}
		next := w.listen("topics=desk", never.id)
		next.wantHello()
		for range many {
			if e := next.next(); e.Name != "desk" {
				t.Fatalf("%v", e)
			}
		}
		other.close()
		next.close()
	})
}

// Many can listen, and one too many is told so.
func TestEventsToMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{aws: true})
	var all []*stream
	for range api.MostListeners {
		s := w.listen("topics=desk,items", "")
		all = append(all, s)
	}
	for _, s := range all {
		s.wantHello()
	}
	w.refused(w.raw(http.MethodGet, "/api/events", http.NoBody), 503, "ServiceUnavailable", "")
	const many = 20
	for i := range many {
		w.numbered("c", i)
	}
	for _, s := range all {
		for i := range many {
			if e := s.next(); !strings.Contains(e.Data, fmt.Sprintf("number %d.", i)) {
				t.Fatalf("instead of %d came %v", i, e)
			}
		}
	}
	all[0].close()
	w.eventually("there is room again", func() bool {
		head := w.listenStatus()
		return head == http.StatusOK
	})
}

// listenStatus is the status of a stream that is not listened to.
func (w *world) listenStatus() int {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.host+"/api/events", http.NoBody)
	if err != nil {
		w.t.Fatal(err)
	}
	response, err := w.client.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	return response.StatusCode
}

// Streams end when the server does, at once and in order.
func TestEventsEndWithTheServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{aws: true})
	listener, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.host = listener.Addr().String()
	w.dial = func(ctx context.Context) (net.Conn, error) { return (&net.Dialer{}).DialContext(ctx, "tcp", w.host) }
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- server.Serve(ctx, server.Config{Listener: listener, Handler: w.whole, OnLeave: w.events.Close, DrainTimeout: 2 * patience})
	}()
	var all []*stream
	for range 20 {
		s := w.listen("", "")
		s.wantHello()
		all = append(all, s)
	}
	began := time.Now()
	stop()
	for _, s := range all {
		if e := s.next(); e.Name != "end" {
			t.Errorf("%v", e)
		}
	}
	if err := <-ended; err != nil || time.Since(began) > patience {
		t.Errorf("the server ended after %s: %v", time.Since(began), err)
	}
	w.events.Desk() // nobody is there any more
}

// A stream that begins while the server ends is over at once.
func TestEventsAfterTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{aws: true})
	w.events.Close()
	w.events.Close()
	s := w.listen("", "")
	if got := s.names(2); !cmp.Equal(got, []string{"hello", "end"}) {
		t.Errorf("%v", got)
	}
}

// A script in a browser is not shown comments, and cannot set a header when it opens a stream.
func TestRowC8EventsForScripts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, setup{aws: true, pipe: true})
		s := w.listen("topics=desk,alive", "")
		s.wantHello()
		began := time.Now()
		for i := 1; i <= 3; i++ {
			if e := s.next(); e.Name != "alive" || e.ID != "" || time.Since(began) != time.Duration(i)*10*time.Second {
				t.Fatalf("after %s: %v", time.Since(began), e)
			}
		}
		s.close()
		w.events.Desk()
		again := w.listen("topics=desk&after="+s.last, "")
		if got := again.names(2); !slices.Equal(got, []string{"hello", "desk"}) {
			t.Errorf("after %s: %v", s.last, got)
		}
		again.close()
	})
}

// What faults strike within a moment is told of once, soon after the first.
func TestRowC7Struck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, setup{aws: true, pipe: true})
		s := w.listen("topics=faults", "")
		s.wantHello()
		for range 2 {
			for range 1000 {
				w.events.Struck()
			}
			began := time.Now()
			if e := s.next(); e.Name != "faults" || time.Since(began) > time.Second {
				t.Errorf("after %s: %v", time.Since(began), e)
			}
		}
		if e := s.any(); e.Name != ": alive" {
			t.Errorf("told once more: %v", e)
		}
		s.close()
	})
}
