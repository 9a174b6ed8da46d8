package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// compareOptions are the flags of the run that compares two builds.
type compareOptions struct {
	old, parley           string
	rounds, most          int
	chats                 int
	width, limit          float64
	duration, warmup      time.Duration
	figures               []figure
	loadBefore, loadAfter string
}

func parseCompare(args []string, stderr io.Writer) (compareOptions, error) {
	var o compareOptions
	flags := flag.NewFlagSet("bench compare", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.old, "old", "", "the built Parley to compare with")
	flags.StringVar(&o.parley, "parley", "", "a built Parley to measure, instead of building this tree's")
	flags.IntVar(&o.rounds, "rounds", 6, "rounds at least; a round measures both builds, one after the other")
	flags.IntVar(&o.most, "most", 40, "rounds at most")
	flags.IntVar(&o.chats, "chats", 4000, "connected chats whose memory is measured")
	flags.Float64Var(&o.width, "width", 0.1, "stop when the interval of each ratio is narrower")
	flags.Float64Var(&o.limit, "limit", 1.05, "fail when an interval lies wholly above")
	flags.DurationVar(&o.duration, "duration", 2*time.Second, "timed part of each measurement")
	flags.DurationVar(&o.warmup, "warmup", 700*time.Millisecond, "discarded part before it")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.old == "":
		return o, errors.New("name the build to compare with: -old PATH")
	case o.rounds < 3 || o.most < o.rounds || o.chats < 1 || o.duration < 100*time.Millisecond:
		return o, errors.New("-rounds must be at least 3, -most at least -rounds, -chats at least 1, -duration at least 100ms")
	}
	var err error
	if o.old, err = filepath.Abs(o.old); err != nil {
		return o, fmt.Errorf("finding the build to compare with: %w", err)
	}
	return o, nil
}

// runCompare measures two builds side by side until the ratio of each figure is known well enough.
func runCompare(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseCompare(args, stderr)
	if err != nil {
		return err
	}
	dir, err := enter(&o.parley)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	l, err := prepare(ctx, dir, options{only: []string{parley}, parley: o.parley}, teller(stderr))
	if err != nil {
		return err
	}
	defer l.close()
	builds := [2]string{o.old, l.program(parley)}
	o.figures = []figure{
		{name: "CPU per start (s/10,000), upstream AWS", measure: l.startCost},
		{name: "CPU per durable message (s/10,000)", measure: l.messageCost},
		{name: "memory per further chat (KiB)", measure: l.chatCost},
		{name: "start to the first chat (ms)", measure: l.launchCost},
	}
	o.loadBefore = loadAverage()
	for round := 0; round < o.most && (round < o.rounds || !o.settled()); round++ {
		for i := range o.figures {
			f := &o.figures[i]
			if round >= o.rounds && f.interval().width() < o.width {
				continue // known well enough; the others need the time
			}
			if err := o.pair(ctx, l, f, builds, round); err != nil {
				return err
			}
		}
	}
	o.loadAfter = loadAverage()
	if _, err := io.WriteString(stdout, o.report()); err != nil {
		return fmt.Errorf("printing the result: %w", err)
	}
	return o.verdict()
}

// figure is something measured of both builds.
type figure struct {
	name    string
	measure func(ctx context.Context, o *compareOptions) (float64, error)
	values  [2]spread // of the old build and of the new one, a value for each round
}

// pair measures a figure of both builds, in an order that changes from round to round.
func (o *compareOptions) pair(ctx context.Context, l *lab, f *figure, builds [2]string, round int) error {
	defer func(built string) { l.built = built }(l.built)
	var got [2]float64
	for i := range builds {
		which := (i + round) % 2
		l.built = builds[which]
		value, err := f.measure(ctx, o)
		if err != nil {
			return fmt.Errorf("measuring %s of %s: %w", f.name, builds[which], err)
		}
		got[which] = value
	}
	for which, value := range got {
		f.values[which] = append(f.values[which], value)
	}
	in := f.interval()
	l.say("round %d  %-40s %8.2f → %8.2f   new/old %.3f (%.3f–%.3f)", round+1, f.name, got[0], got[1], in.middle, in.low, in.high)
	return nil
}

// interval is where the ratio of the new build to the old one lies, with a confidence of 95 %.
type interval struct{ low, middle, high float64 }

func (i interval) width() float64 { return i.high - i.low }

// interval estimates the ratio from the logarithms of the pairs' ratios, whose mean is taken to
// follow Student's distribution.
func (f *figure) interval() interval {
	ratios := divide(f.values[1], f.values[0])
	n := float64(len(ratios))
	if n < 2 {
		return interval{low: 0, middle: ratios.median(), high: math.Inf(1)}
	}
	mean, squares := 0.0, 0.0
	for _, ratio := range ratios {
		mean += math.Log(ratio) / n
	}
	for _, ratio := range ratios {
		squares += (math.Log(ratio) - mean) * (math.Log(ratio) - mean)
	}
	half := student(len(ratios)-1) * math.Sqrt(squares/(n-1)/n)
	return interval{math.Exp(mean - half), math.Exp(mean), math.Exp(mean + half)}
}

// student returns the factor of a two-sided interval of 95 % for so many degrees of freedom.
func student(degrees int) float64 {
	table := []float64{12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131}
	if degrees <= len(table) {
		return table[degrees-1]
	}
	return 1.96 + 2.5/float64(degrees) // within 0.005 from here on
}

// settled reports whether each ratio is known well enough.
func (o *compareOptions) settled() bool {
	return !slices.ContainsFunc(o.figures, func(f figure) bool { return f.interval().width() >= o.width })
}

// verdict fails when a figure has become worse, or is not known well enough to say.
func (o *compareOptions) verdict() error {
	var errs []error
	for _, f := range o.figures {
		switch in := f.interval(); {
		case in.low > o.limit:
			errs = append(errs, fmt.Errorf("%s: %.3f (%.3f–%.3f) times the old build, at most %.2f is allowed", f.name, in.middle, in.low, in.high, o.limit))
		case in.width() >= o.width:
			errs = append(errs, fmt.Errorf("%s: after %d rounds the interval %.3f–%.3f is still too wide", f.name, len(f.values[0]), in.low, in.high))
		}
	}
	return errors.Join(errs...)
}

func (o *compareOptions) report() string {
	rows := [][]string{{"what", "old", "new", "new/old (95 %)", "rounds"}}
	for _, f := range o.figures {
		in := f.interval()
		rows = append(rows, []string{
			f.name, f.values[0].text("%.2f"), f.values[1].text("%.2f"), fmt.Sprintf("%.3f (%.3f–%.3f)", in.middle, in.low, in.high),
			strconv.Itoa(len(f.values[0])),
		})
	}
	return table(rows) + fmt.Sprintf("\n%s; load average %s before, %s after.\n", processor(), o.loadBefore, o.loadAfter)
}

// startCost is the CPU time of 10,000 starts that go on to the fake Amazon Connect.
func (l *lab) startCost(ctx context.Context, o *compareOptions) (cost float64, err error) {
	p := &peer{
		name: parley, request: request{method: http.MethodPost, path: widgetPath, origin: "http://localhost:3000"}, signs: true,
		argv: l.parley("--log-level", "warn"),
	}
	if _, err := l.launch(ctx, p); err != nil {
		return 0, err
	}
	defer p.halt()
	if err := p.check(ctx); err != nil {
		return 0, err
	}
	s := l.sample(ctx, p, o.warmup, o.duration, func(t timing) tally { return load(ctx, p.address, p.request.always(p.address), 16, t) })
	return s.cpu, s.failed()
}

// messageCost is the CPU time of 10,000 messages that are stored on disk.
func (l *lab) messageCost(ctx context.Context, o *compareOptions) (cost float64, err error) {
	const writers = 64
	err = l.withServer(ctx, durable, func(p *peer) error {
		all, err := openRooms(ctx, p, opening{count: writers})
		if err != nil {
			return err
		}
		requests := func(n int) func() []byte { return func() []byte { return all.each[n].message(p.address, "") } }
		s := l.sample(ctx, p, o.warmup, o.duration, func(t timing) tally { return load(ctx, p.address, requests, writers, t) })
		cost = s.cpu
		return errors.Join(s.failed(), all.verify(ctx, p))
	})
	return cost, err
}

// failed is an error when a sample holds errors, or nothing.
func (s sample) failed() error {
	if s.errors > 0 || s.rate == 0 {
		return fmt.Errorf("%d errors, %.0f good answers a second", s.errors, s.rate)
	}
	return nil
}

// chatCost is the memory that each further connected chat takes, in KiB. A quarter as many
// chats are open before, so that what a server makes once, with its first chats, is not theirs.
func (l *lab) chatCost(ctx context.Context, o *compareOptions) (cost float64, err error) {
	err = l.withServer(ctx, uninspected, func(p *peer) error {
		var opened []*rooms
		defer func() {
			p.halt() // first, or it would look at each connection that breaks
			for _, all := range opened {
				all.close()
			}
		}()
		var resident []int64
		for _, count := range []int{max(1, o.chats/4), o.chats} {
			all, err := openRooms(ctx, p, opening{count: count, sockets: 1, frame: unheard})
			if err != nil {
				return err
			}
			opened = append(opened, all)
			pause(ctx, time.Second)
			resident = append(resident, memory(p.pid(), "VmRSS"))
		}
		cost = float64(resident[1]-resident[0]) / 1024 / float64(o.chats)
		return nil
	})
	return cost, err
}

// launchCost is the time from before the program is started until its first chat has been started
// on an empty store, in milliseconds; the least of some, because other work can only add to it.
func (l *lab) launchCost(ctx context.Context, _ *compareOptions) (cost float64, err error) {
	var took spread
	for range 5 {
		dir, err := l.emptyDir()
		if err != nil {
			return 0, err
		}
		pause(ctx, 50*time.Millisecond)
		p := l.embedded(durable, dir)
		first, err := l.launch(ctx, p)
		p.halt()
		if err != nil {
			return 0, err
		}
		took = append(took, inMilliseconds(first))
	}
	return slices.Min(took), nil
}
