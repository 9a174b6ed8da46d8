package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// embeddedOptions are the flags of the run that measures the embedded Amazon Connect.
type embeddedOptions struct {
	chats, writers, rooms, rate, items, rounds, starts int
	talks, menus, waiting, scenarios                   int
	settle, duration, warmup                           time.Duration
	out, parley                                        string
}

// socketsEach is how many sockets listen in each chat of the fan-out: as many as a participant
// may have.
const socketsEach = 5

func parseEmbedded(args []string, stderr io.Writer) (embeddedOptions, error) {
	var o embeddedOptions
	flags := flag.NewFlagSet("bench embedded", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.chats, "chats", 10_000, "connected chats whose memory is measured; 0 leaves that out")
	flags.DurationVar(&o.settle, "settle", 30*time.Second, "time of heartbeats before their memory is read")
	flags.IntVar(&o.writers, "writers", 64, "connections that send messages; 0 leaves that out")
	flags.IntVar(&o.rooms, "rooms", 200, fmt.Sprintf("chats with %d sockets each for the fan-out; 0 leaves that out", socketsEach))
	flags.IntVar(&o.rate, "rate", 1000, "messages a second, of all chats together, for the fan-out and the answers")
	flags.IntVar(&o.items, "items", 1_000_000, "transcript items in the store that is opened again; 0 leaves that out")
	flags.IntVar(&o.talks, "talks", 100, "chats with a contact flow, and as many with the partner, whose answers are timed; 0 leaves that out")
	flags.IntVar(&o.menus, "menus", 1000, "chats at a menu of a flow whose heap is measured; 0 leaves that out")
	flags.IntVar(&o.scenarios, "scenarios", 200, fmt.Sprintf("scenarios of %d turns, and chats through the server to compare them with; 0 leaves that out", turnsEach))
	flags.IntVar(&o.waiting, "waiting", 10_000, "chats that wait for agents; 0 leaves that out")
	flags.IntVar(&o.rounds, "rounds", 5, "rounds of messages, fan-out, answers, menus and waiting chats")
	flags.IntVar(&o.starts, "starts", 15, "starts on an empty store; 0 leaves that out")
	flags.DurationVar(&o.duration, "duration", 3*time.Second, "timed part of each round")
	flags.DurationVar(&o.warmup, "warmup", time.Second, "discarded part before it")
	flags.StringVar(&o.out, "out", "", `file to write, "-" for none (default docs/benchmarks-embedded.md, when the run is a full one)`)
	flags.StringVar(&o.parley, "parley", "", "a built Parley to measure, instead of building this tree's")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	for _, n := range []int{o.chats, o.writers, o.rooms, o.items, o.starts, o.talks, o.menus, o.waiting, o.scenarios} {
		if n < 0 {
			return o, errors.New("a number of things to measure is negative")
		}
	}
	if o.rounds < 1 || o.rate < 1 || o.duration < 100*time.Millisecond {
		return o, errors.New("-rounds and -rate must be at least 1, -duration at least 100ms")
	}
	if o.out == "" {
		o.out = "-"
		if o.chats >= 10_000 && o.writers == 64 && o.rooms >= 200 && o.items >= 1_000_000 && o.starts >= 10 && o.rounds >= 3 &&
			o.talks >= 100 && o.menus >= 1000 && o.waiting >= 10_000 && o.scenarios >= 200 {
			o.out = filepath.Join("docs", "benchmarks-embedded.md")
		}
	}
	return o, nil
}

func runEmbedded(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseEmbedded(args, stderr)
	if err != nil {
		return err
	}
	// With nothing else to do on the machine it takes less than half of this; what hangs ends with it.
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute+time.Duration(o.rounds)*(time.Minute+8*(o.warmup+o.duration)))
	defer cancel()
	dir, err := enter(&o.parley)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	l := &lab{say: teller(stderr), dir: dir, built: o.parley}
	if o.parley == "" {
		if err := l.build(ctx, parley, "./cmd/parley"); err != nil {
			return err
		}
	}
	if o.talks+o.menus+o.scenarios > 0 {
		if err := l.build(ctx, weighed, "./bench/weighed"); err != nil {
			return err
		}
	}
	r := &embeddedResult{embeddedOptions: o, messages: map[string][]sample{}, revision: l.revision(ctx), loadBefore: loadAverage()}
	for _, measure := range []func(context.Context, *embeddedResult) error{
		l.measureEmpty, l.measureMessages, l.measureRecord, l.measureFanOut, l.measureAnswers, l.measureMenus, l.measureScenarios, l.measureLine, l.measureChats, l.measureRestarts,
	} {
		if err := measure(ctx, r); err != nil {
			return err
		}
	}
	r.loadAfter = loadAverage()
	if _, err := io.WriteString(stdout, r.console()); err != nil {
		return fmt.Errorf("printing the result: %w", err)
	}
	return keep(r.markdown(), o.out, l.say)
}

// Names of the ways to run: with chats on disk and the inspector's record, as by default;
// without that record; with chats in memory.
const (
	durable     = "durable"
	uninspected = "uninspected"
	ephemeral   = "ephemeral"
)

// weighed is the name of the server whose heap can be read.
const weighed = "weighed"

// embedded returns a Parley with its embedded Amazon Connect and no partner in it. Its chats
// are kept in dir.
func (l *lab) embedded(name, dir string) *peer {
	keeping := []string{"--data-dir", dir}
	switch name {
	case ephemeral:
		keeping = []string{"--ephemeral"}
	case uninspected:
		keeping = append(keeping, "--inspect=false")
	}
	return &peer{
		name: name, request: request{method: http.MethodPost, path: widgetPath}, signs: true,
		argv: func(address string) []string {
			return append([]string{
				l.program(parley), "serve", "--addr", address, "--partner=false", "--greeting=", "--log-level", "warn",
			}, keeping...)
		},
	}
}

// emptyDir returns a directory of its own for a server's chats.
func (l *lab) emptyDir() (string, error) {
	dir, err := os.MkdirTemp(l.dir, "data-")
	if err != nil {
		return "", fmt.Errorf("making a data directory: %w", err)
	}
	return dir, nil
}

// withServer runs measure with a server on an empty store that has started a chat.
func (l *lab) withServer(ctx context.Context, name string, measure func(*peer) error) error {
	return l.withPeer(ctx, func(dir string) *peer { return l.embedded(name, dir) }, measure)
}

// withPeer is withServer with a server of another kind, which keeps its chats in dir.
func (l *lab) withPeer(ctx context.Context, serve func(dir string) *peer, measure func(*peer) error) error {
	dir, err := l.emptyDir()
	if err != nil {
		return err
	}
	p := serve(dir)
	if _, err := l.launch(ctx, p); err != nil {
		return err
	}
	defer func() {
		p.halt()
		_ = os.RemoveAll(dir) // it goes with the run's directory at the latest
	}()
	if err := p.check(ctx); err != nil {
		return err
	}
	return measure(p)
}

// measureEmpty times starts on an empty store, from before the program is started until its
// first chat has been started, which includes making that durable.
func (l *lab) measureEmpty(ctx context.Context, r *embeddedResult) error {
	for i := range r.starts {
		l.say("start %d/%d on an empty store", i+1, r.starts)
		dir, err := l.emptyDir()
		if err != nil {
			return err
		}
		pause(ctx, 50*time.Millisecond)
		p := l.embedded(durable, dir)
		took, err := l.launch(ctx, p)
		p.halt()
		if err != nil {
			return err
		}
		r.empty = append(r.empty, inMilliseconds(took))
	}
	return nil
}
