package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/e2e/chatclient"
)

// text is what messages say, 200 characters with what is put before it.
var text = strings.Repeat("Where is my order? ", 9) //nolint:gochecknoglobals // a constant text

// room is a chat whose customer is connected.
type room struct {
	chatclient.Connection
	sent atomic.Int64
}

// together is how many chats are opened at the same time.
const together = 64

// opening says which chats are opened.
type opening struct {
	// count is how many, and sockets how many listen in each, which hand what they are told to frame.
	count, sockets int
	frame          func(room, socket int) func([]byte)
	// flow is the id of their contact flow; "" names none.
	flow string
}

// openRooms starts and connects chats, some at a time.
func openRooms(ctx context.Context, p *peer, o opening) (*rooms, error) {
	c := chatclient.New("http://"+p.address, together)
	all := &rooms{opening: o, each: make([]*room, o.count), sockets: make([]*chatclient.Socket, o.count*o.sockets)}
	defer c.Close()
	var next atomic.Int64
	failed := make(chan error, together)
	var wg sync.WaitGroup
	for range min(together, o.count) {
		wg.Go(func() {
			for n := int(next.Add(1)) - 1; n < o.count && ctx.Err() == nil && len(failed) == 0; n = int(next.Add(1)) - 1 {
				if err := all.open(ctx, c, n); err != nil {
					failed <- fmt.Errorf("opening chat %d of %d: %w", n+1, o.count, err)
					return
				}
			}
		})
	}
	wg.Wait()
	close(failed)
	if err := errors.Join(ctx.Err(), <-failed); err != nil {
		all.close()
		return nil, err
	}
	return all, nil
}

// unheard is what sockets hand to nobody.
func unheard(int, int) func([]byte) { return func([]byte) {} }

// rooms are connected chats and their sockets.
type rooms struct {
	opening
	each    []*room
	sockets []*chatclient.Socket
}

func (all *rooms) open(ctx context.Context, c *chatclient.Client, n int) error {
	chat, err := c.StartIn(ctx, all.flow, "Ana")
	if err != nil {
		return err
	}
	connection, err := c.Connect(ctx, chat.ParticipantToken)
	if err != nil {
		return err
	}
	all.each[n] = &room{Connection: connection}
	for i := range all.opening.sockets {
		if all.sockets[n*all.opening.sockets+i], err = chatclient.Listen(ctx, connection.URL, all.frame(n, i)); err != nil {
			return err
		}
	}
	return nil
}

func (all *rooms) close() {
	for _, s := range all.sockets {
		if s != nil {
			s.Close()
		}
	}
}

// message returns the next SendMessage of a chat, with a client token as every SDK sends one.
// Its text begins with prefix.
func (r *room) message(address, prefix string) []byte {
	return r.say(address, plainText, prefix+text)
}

// say returns the next SendMessage of a chat with a content of a type.
func (r *room) say(address, kind, content string) []byte {
	// The end of the connection token is as good as random.
	id := r.Token[len(r.Token)-12:] + "-" + strconv.FormatInt(r.sent.Add(1), 10)
	return wire(http.MethodPost, chatclient.MessagePath, address, r.Token, chatclient.ContentBody(kind, content, id))
}

// wire is a request with a JSON body and, where there is one, a token.
func wire(method, path, address, token string, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, address)
	if token != "" {
		fmt.Fprintf(&b, "X-Amz-Bearer: %s\r\n", token)
	}
	fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	return b.Bytes()
}

// measureMessages lets as many writers as there are chats send messages as fast as they are
// answered, in turn to each kind of server. Nobody listens.
func (l *lab) measureMessages(ctx context.Context, r *embeddedResult) error {
	writers := r.writers
	if writers == 0 {
		return nil
	}
	for round := range r.rounds {
		flushes, err := flushRate(ctx, l.dir)
		if err != nil {
			return err
		}
		r.flushes = append(r.flushes, flushes)
		order := []string{durable, ephemeral}
		if round%2 == 1 {
			slices.Reverse(order)
		}
		for _, name := range order {
			err := l.withServer(ctx, name, func(p *peer) error {
				all, err := openRooms(ctx, p, opening{count: writers})
				if err != nil {
					return err
				}
				requests := func(n int) func() []byte {
					return func() []byte { return all.each[n].message(p.address, "") }
				}
				s := l.sample(ctx, p, r.warmup, r.duration, func(t timing) tally {
					return load(ctx, p.address, requests, writers, t)
				})
				r.messages[name] = append(r.messages[name], s)
				l.say("round %d/%d  %-11s %7.0f messages/s  p99 %8s  cpu %5.2f s/10,000", round+1, r.rounds, name, s.rate, milliseconds(s.p99), s.cpu)
				return all.verify(ctx, p)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// verify reads the transcript of the first chat: it has to hold every message once.
func (all *rooms) verify(ctx context.Context, p *peer) error {
	c := chatclient.New("http://"+p.address, 1)
	defer c.Close()
	items, err := c.Transcript(ctx, all.each[0].Token)
	if err != nil {
		return err
	}
	found := map[string]bool{}
	for _, item := range items {
		if item.Type == "MESSAGE" && item.Content == text {
			found[item.ID] = true
		}
	}
	// The load's deadline may have cut the last request off.
	if sent := int(all.each[0].sent.Load()); len(found) > sent || len(found) < sent-1 {
		return fmt.Errorf("the transcript holds %d messages of %d", len(found), sent)
	}
	return nil
}

// marker stands before the time at which a message was sent.
const marker = "sent="

// measureFanOut lets a message be said in every chat in turn, at a steady rate, and times
// each from before its request until each socket of the chat has it.
func (l *lab) measureFanOut(ctx context.Context, r *embeddedResult) error {
	if r.rooms == 0 {
		return nil
	}
	return l.withServer(ctx, durable, func(p *peer) error {
		f := &fanOut{began: time.Now(), heard: make([][]heard, r.rooms*socketsEach)}
		all, err := openRooms(ctx, p, opening{count: r.rooms, sockets: socketsEach, frame: f.listen})
		if err != nil {
			return err
		}
		defer all.close()
		for round := range r.rounds {
			s := l.sample(ctx, p, r.warmup, r.duration, func(t timing) tally { return f.run(ctx, p, all, r.rate, t) })
			r.fanOut = append(r.fanOut, s)
			l.say("round %d/%d  fan-out   %7.0f frames/s    p99 %8s  cpu %5.2f s/10,000", round+1, r.rounds, s.rate, milliseconds(s.p99), s.cpu)
		}
		return nil
	})
}

// fanOut is what the sockets have heard.
type fanOut struct {
	began time.Time
	mu    sync.Mutex
	heard [][]heard // by socket
	total atomic.Int64
}

// heard is a message on a socket: when it was sent and when it came, since the beginning.
type heard struct{ sent, came time.Duration }

// listen returns what a socket does with a frame.
func (f *fanOut) listen(n, i int) func([]byte) {
	return func(frame []byte) {
		came := time.Since(f.began)
		_, digits, found := bytes.Cut(frame, []byte(marker))
		if !found {
			return
		}
		sent, err := strconv.ParseInt(string(digits[:min(len(digits), 16)]), 10, 64)
		if err != nil {
			return
		}
		f.mu.Lock()
		f.heard[n*socketsEach+i] = append(f.heard[n*socketsEach+i], heard{time.Duration(sent), came})
		f.mu.Unlock()
		f.total.Add(1)
	}
}

// run says messages until the end of the timing. Every chat has a connection of its own and
// its own turn, so that one that is late delays no other.
func (f *fanOut) run(ctx context.Context, p *peer, all *rooms, rate int, t timing) tally {
	ctx, cancel := context.WithDeadline(ctx, t.to.Add(5*time.Second))
	defer cancel()
	every := time.Second * time.Duration(len(all.each)) / time.Duration(rate)
	results := make([]tally, len(all.each))
	before := f.total.Load()
	var sent atomic.Int64
	begin := time.Now()
	var wg sync.WaitGroup
	for n, r := range all.each {
		wg.Go(func() {
			c, err := dial(ctx, p.address)
			if err != nil {
				results[n].errors, results[n].firstErr = 1, err
				return
			}
			defer c.close()
			for due := begin.Add(every * time.Duration(n) / time.Duration(len(all.each))); due.Before(t.to); due = due.Add(every) {
				pause(ctx, time.Until(due))
				prefix := fmt.Sprintf("%s%016d ", marker, time.Since(f.began))
				if err := c.exchange(r.message(p.address, prefix), nil); err != nil {
					results[n].errors, results[n].firstErr = 1, err
					return
				}
				sent.Add(1)
			}
		})
	}
	wg.Wait()
	missing := func() int64 { return sent.Load()*socketsEach - (f.total.Load() - before) }
	for wait := 0; missing() > 0 && wait < 200; wait++ {
		pause(ctx, 10*time.Millisecond)
	}
	var sum tally
	for _, result := range results {
		sum.errors += result.errors
		sum.firstErr = errors.Join(sum.firstErr, result.firstErr)
	}
	if n := missing(); n != 0 {
		sum.errors += int(max(n, -n))
		sum.firstErr = errors.Join(sum.firstErr, fmt.Errorf("%d frames are missing", n))
	}
	sum.latencies = f.take(t)
	return sum
}

// take returns what was heard within a timing, sorted, and forgets everything.
func (f *fanOut) take(t timing) []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []time.Duration
	for i, list := range f.heard {
		for _, h := range list {
			if at := f.began.Add(h.came); at.After(t.from) && at.Before(t.to) {
				all = append(all, h.came-h.sent)
			}
		}
		f.heard[i] = list[:0]
	}
	slices.Sort(all)
	return all
}
