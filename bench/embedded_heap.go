package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/e2e/chatclient"
)

// heap asks a server of bench/weighed how many bytes are reachable.
func (p *peer) heap() (int64, error) {
	if _, err := p.process.stdin.Write([]byte("\n")); err != nil {
		return 0, fmt.Errorf("asking for the heap: %w", err)
	}
	line, err := bufio.NewReader(p.process.stdout).ReadString('\n')
	if err != nil {
		return 0, fmt.Errorf("asking for the heap: %w\n%s", err, p.process.complaint())
	}
	return strconv.ParseInt(strings.TrimSpace(line), 10, 64)
}

// measureMenus reads how many bytes of heap chats take that stand at a menu of a flow, and chats
// without a flow, on a server of their own each round.
func (l *lab) measureMenus(ctx context.Context, r *embeddedResult) error {
	if r.menus == 0 {
		return nil
	}
	for round := range r.rounds {
		err := l.withWeighed(ctx, nil, func(p *peer, flow string) error {
			menu, plain, err := weigh(ctx, p, r.menus, flow, round%2 == 1)
			r.atMenu, r.withoutFlow = append(r.atMenu, menu), append(r.withoutFlow, plain)
			l.say("round %d/%d  heap of a chat at a menu %5.0f bytes, without a flow %5.0f", round+1, r.rounds, menu, plain)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// weigh returns the bytes of heap for each of so many chats of both kinds, which are opened one kind
// after the other.
func weigh(ctx context.Context, p *peer, count int, flow string, plainFirst bool) (menu, plain float64, err error) {
	var open []*rooms
	defer func() {
		p.halt() // first, or it would look at each connection that breaks
		for _, all := range open {
			all.close()
		}
	}()
	busy, err := openRooms(ctx, p, opening{count: together})
	if err != nil {
		return 0, 0, err
	}
	reachable := func() (int64, error) {
		if err := busy.exhaust(ctx, p.address); err != nil {
			return 0, err
		}
		return p.heap()
	}
	one := func(count int, flow string) float64 {
		var standing sync.WaitGroup
		frame := unheard
		if flow != "" {
			standing.Add(count)
			frame = func(int, int) func([]byte) {
				shown := sync.OnceFunc(standing.Done)
				return func(frame []byte) {
					if item, ok := chatclient.Shown(frame); ok && item.ContentType == interactive {
						shown()
					}
				}
			}
		}
		before, failed := reachable()
		all, opened := openRooms(ctx, p, opening{count, 1, frame, flow})
		if err = errors.Join(err, failed, opened); err != nil {
			return 0
		}
		open = append(open, all)
		if err = within(ctx, &standing); err != nil {
			return 0
		}
		after, failed := reachable()
		err = errors.Join(err, failed)
		return float64(after-before) / float64(count)
	}
	one(count, flow)
	one(count, "")
	if plainFirst {
		plain = one(count, "")
	}
	menu = one(count, flow)
	if !plainFirst {
		plain = one(count, "")
	}
	return menu, plain, err
}

// exhaust says so much in the chats that what the server remembers of what happened last, whichever chat it
// was in, is of them alone: the same at each reading.
func (all *rooms) exhaust(ctx context.Context, address string) error {
	const remembered = 4096
	failed := make(chan error, len(all.each))
	var wg sync.WaitGroup
	for _, r := range all.each {
		wg.Go(func() {
			c, err := dial(ctx, address)
			for n := 0; err == nil && n <= remembered/len(all.each); n++ {
				err = c.exchange(r.message(address, ""), nil)
			}
			c.close()
			failed <- err
		})
	}
	wg.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			return fmt.Errorf("filling the record of events: %w", err)
		}
	}
	pause(ctx, 100*time.Millisecond) // the server ends its side of the connections
	return ctx.Err()
}

// within waits, with patience.
func within(ctx context.Context, group *sync.WaitGroup) error {
	done := make(chan struct{})
	go func() { group.Wait(); close(done) }()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for all chats to stand at their menu: %w", ctx.Err())
	}
}
