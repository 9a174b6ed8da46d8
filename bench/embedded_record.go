package main

import (
	"context"
	"time"
)

// What the inspector's record costs is little beside what a disk and a machine differ from one minute to the
// next: a server with the record and one without are loaded in turn, for a second each.
const (
	turnTime    = time.Second
	turnWarmup  = 200 * time.Millisecond
	turnsARound = 8
)

// measureRecord lets writers send messages to a server that records and to one that does not, in turn, and
// first to the one, first to the other.
func (l *lab) measureRecord(ctx context.Context, r *embeddedResult) error {
	if r.writers == 0 {
		return nil
	}
	return l.withServer(ctx, durable, func(with *peer) error {
		return l.withServer(ctx, uninspected, func(without *peer) error {
			servers := []*peer{with, without}
			loads := make([]func(timing) tally, len(servers))
			for i, p := range servers {
				all, err := openRooms(ctx, p, opening{count: r.writers})
				if err != nil {
					return err
				}
				requests := func(n int) func() []byte {
					return func() []byte { return all.each[n].message(p.address, "") }
				}
				loads[i] = func(t timing) tally { return load(ctx, p.address, requests, r.writers, t) }
				l.sample(ctx, p, 0, r.warmup, loads[i])
			}
			for turn := range r.rounds * turnsARound {
				var pair [2]sample
				for i := range pair {
					which := (i + turn) % len(pair)
					pair[which] = l.sample(ctx, servers[which], turnWarmup, turnTime, loads[which])
				}
				r.recorded, r.unrecorded = append(r.recorded, pair[0]), append(r.unrecorded, pair[1])
				l.say("turn %d/%d  %7.0f messages/s with the inspector, %7.0f without", turn+1, r.rounds*turnsARound, pair[0].rate, pair[1].rate)
			}
			return nil
		})
	})
}
