package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"time"
)

// sample is one timed run of one peer.
type sample struct {
	rate     float64 // good answers a second
	p50, p99 time.Duration
	// cpu is the peer's processor time per 10,000 good answers, in seconds.
	cpu float64
	// cores is the share of the time that the peer was running, 1 for a whole core.
	cores float64
	// peak is the most memory that was resident during the timed part, in bytes.
	peak   int64
	errors int
	// foreign is how many cores were busy with what is not the benchmark's.
	foreign float64
}

// result is everything that was measured.
type result struct {
	options options
	peers   []*peer
	pinned  bool
	// samples are by peer and connections, one a round; all peers have the same
	// number, so that the n-th ones were measured close to each other.
	samples map[string]map[int][]sample
	starts  map[string][]time.Duration
	// installs are the times from an empty folder to the first answer.
	installs map[string][]time.Duration

	loadBefore, loadAfter string
	nodeVersion, revision string
}

// preheat is how long each peer works before a round, so that just-in-time
// compilers and connection pools are at their best.
const preheat = 3 * time.Second

func (l *lab) measure(ctx context.Context, o options, peers []*peer) (*result, error) {
	r := &result{
		options: o, peers: peers, pinned: l.pinned, nodeVersion: l.nodeVersion(ctx),
		samples: map[string]map[int][]sample{}, starts: map[string][]time.Duration{}, installs: map[string][]time.Duration{},
	}
	if err := l.measureStarts(ctx, r); err != nil {
		return nil, err
	}
	if err := l.measureInstalls(ctx, r); err != nil {
		return nil, err
	}
	defer func() {
		for _, p := range peers {
			p.halt()
		}
	}()
	for _, p := range peers {
		r.samples[p.name] = map[int][]sample{}
	}
	for round := range o.rounds {
		for _, p := range peers {
			if err := l.renew(ctx, o, p); err != nil {
				return nil, err
			}
		}
		for _, conns := range o.conns {
			for _, i := range rand.Perm(len(peers)) { //nolint:gosec // an order is no secret
				p := peers[i]
				pause(ctx, o.rest)
				s := l.sample(ctx, p, o.warmup, o.duration, func(t timing) tally {
					return load(ctx, p.address, p.request.always(p.address), conns, t)
				})
				if ctx.Err() != nil {
					return nil, fmt.Errorf("measuring %s: %w", p.name, ctx.Err())
				}
				r.samples[p.name][conns] = append(r.samples[p.name][conns], s)
				l.say("round %d/%d  %3d connections  %-9s %7.0f requests/s  p99 %8s  cpu %5.2f s/10,000",
					round+1, o.rounds, conns, p.name, s.rate, milliseconds(s.p99), s.cpu)
			}
		}
	}
	return r, nil
}

// renew starts a peer anew, so that its memory in one round is not that of the one before,
// makes sure that it answers, and warms it up.
func (l *lab) renew(ctx context.Context, o options, p *peer) error {
	if p.argv != nil {
		p.halt()
		if _, err := l.launch(ctx, p); err != nil {
			return err
		}
	}
	if err := p.check(ctx); err != nil {
		return err
	}
	now := time.Now()
	warm := load(ctx, p.address, p.request.always(p.address), 16, timing{now, now.Add(min(preheat, 2*o.duration))})
	if warm.errors > 0 {
		l.say("%s: %d errors while warming up, the first: %v", p.name, warm.errors, warm.firstErr)
	}
	return nil
}

// measureStarts starts the peers in turn, each several times.
func (l *lab) measureStarts(ctx context.Context, r *result) error {
	for i := range r.options.starts {
		l.say("start %d/%d", i+1, r.options.starts)
		for _, n := range rand.Perm(len(r.peers)) { //nolint:gosec // an order is no secret
			p := r.peers[n]
			if p.argv == nil {
				continue
			}
			pause(ctx, 50*time.Millisecond)
			took, err := l.launch(ctx, p)
			p.halt()
			if err != nil {
				return err
			}
			r.starts[p.name] = append(r.starts[p.name], took)
		}
	}
	return nil
}

// sample loads one peer for the warm-up and the timed part, and reads the kernel's
// counters at the beginning and the end of the latter.
func (l *lab) sample(ctx context.Context, p *peer, warmup, duration time.Duration, run func(timing) tally) sample {
	from := time.Now().Add(warmup)
	t := timing{from: from, to: from.Add(duration)}
	done := make(chan tally, 1)
	go func() { done <- run(t) }()

	pause(ctx, time.Until(t.from))
	if p.pid() != 0 {
		resetPeak(p.pid())
	}
	before := l.counters(p)
	pause(ctx, time.Until(t.to))
	after := l.counters(p)
	counted := <-done

	s := sample{errors: counted.errors}
	if counted.errors > 0 {
		l.say("%s: %d errors, the first: %v", p.name, counted.errors, counted.firstErr)
	}
	elapsed := after.at.Sub(before.at).Seconds()
	if n := len(counted.latencies); n > 0 {
		s.rate = float64(n) / t.to.Sub(t.from).Seconds()
		s.p50, s.p99 = counted.latencies[n/2], counted.latencies[n*99/100]
		s.cpu = (after.peer - before.peer).Seconds() * 10_000 / float64(n)
	}
	s.cores = (after.peer - before.peer).Seconds() / elapsed
	s.foreign = max(0, ((after.all-before.all)-(after.own-before.own)).Seconds()/elapsed)
	if p.pid() != 0 {
		s.peak = memory(p.pid(), "VmHWM")
	}
	return s
}

// counters are processor times at one moment: of the peer, of the benchmark with
// all its programs, of the whole machine.
type counters struct {
	at             time.Time
	peer, own, all time.Duration
}

func (l *lab) counters(p *peer) counters {
	c := counters{at: time.Now(), all: machineTime()}
	if p.pid() != 0 {
		c.peer = cpuTime(p.pid())
	}
	c.own = c.peer + cpuTime(os.Getpid())
	if l.fake != nil {
		c.own += cpuTime(l.fake.pid())
	}
	return c
}
