package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/parley-chat/parley/e2e/chatclient"
)

const (
	agents = 200
	// fewWaiting is how many chats wait where the line is short.
	fewWaiting = 100
	// assignments are how many are made in a round.
	assignments = 1000
)

// line is a server whose agents are all busy, while chats wait for them.
type line struct {
	*rooms
	p *peer
	c *chatclient.Client
	// taken are the chats that an agent took, and that were not replaced yet.
	taken chan int
}

// measureLine reads what it costs that an agent is free and gets the next chat, and that a new one comes
// to its end, in turn where few chats wait and where many do.
func (l *lab) measureLine(ctx context.Context, r *embeddedResult) error {
	if r.waiting == 0 {
		return nil
	}
	script := filepath.Join(l.dir, "agents.yaml")
	if err := os.WriteFile(script, fmt.Appendf(nil, "name: Bot\ncount: %d\ncapacity: 1\ntyping: 0s\n", agents), 0o600); err != nil {
		return fmt.Errorf("writing the agents' script: %w", err)
	}
	return l.withLine(ctx, script, fewWaiting, func(short *line) error {
		return l.withLine(ctx, script, r.waiting, func(long *line) error {
			for round := range r.rounds {
				var cost [2]float64
				for i := range cost {
					n := (i + round) % 2
					spent, err := []*line{short, long}[n].advance(ctx, assignments)
					if err != nil {
						return err
					}
					cost[n] = spent
				}
				r.few, r.many = append(r.few, cost[0]), append(r.many, cost[1])
				l.say("round %d/%d  CPU of an assignment %.3f ms with %d waiting, %.3f ms with %d", round+1, r.rounds, cost[0], fewWaiting, cost[1], r.waiting)
			}
			return nil
		})
	})
}

// withLine runs measure with a server where so many chats wait.
func (l *lab) withLine(ctx context.Context, script string, waiting int, measure func(*line) error) error {
	serve := func(dir string) *peer {
		p := l.embedded(uninspected, dir)
		argv := p.argv
		p.argv = func(address string) []string { return append(argv(address), "--agent", script) }
		return p
	}
	return l.withPeer(ctx, serve, func(p *peer) error {
		l.say("letting %d chats wait", waiting)
		in := &line{p: p, c: chatclient.New("http://"+p.address, together), taken: make(chan int, waiting+agents)}
		defer in.c.Close()
		var err error
		if in.rooms, err = openRooms(ctx, p, opening{count: waiting + agents, sockets: 1, frame: in.listen}); err != nil {
			return err
		}
		defer func() {
			p.halt() // first, or it would look at each connection that breaks
			in.close()
		}()
		if _, err = in.advance(ctx, assignments/2); err != nil { // warm-up
			return err
		}
		return measure(in)
	})
}

// listen returns what the socket of a chat does with a frame.
func (in *line) listen(n, _ int) func([]byte) {
	return func(frame []byte) {
		item, ok := chatclient.Shown(frame)
		if ok && item.ParticipantRole == "AGENT" && item.ContentType == "application/vnd.amazonaws.connect.event.participant.joined" {
			in.taken <- n
		}
	}
}

// advance lets customers leave whose chats an agent has, and others come in their place, so many times,
// and returns the server's processor time for each, in milliseconds.
func (in *line) advance(ctx context.Context, times int) (float64, error) {
	const customers = 16
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	before := cpuTime(in.p.pid())
	var left atomic.Int64
	left.Store(int64(times))
	failed := make(chan error, customers)
	var wg sync.WaitGroup
	for range customers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := in.replace(ctx); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(failed)
	if err := errors.Join(<-failed); err != nil {
		return 0, fmt.Errorf("passing a free agent on to the next chat: %w", err)
	}
	return inMilliseconds(cpuTime(in.p.pid())-before) / float64(times), nil
}

// replace ends a chat that an agent has and starts another one.
func (in *line) replace(ctx context.Context) error {
	var n int
	select {
	case n = <-in.taken:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := in.c.Disconnect(ctx, in.each[n].Token); err != nil {
		return err
	}
	in.sockets[n].Close()
	return in.open(ctx, in.c, n)
}
