// Command bench measures Parley's front door beside the alternatives, in one
// interleaved run on this machine, and writes docs/benchmarks.md.
//
// The peers take turns on one core, in random order, against one fake Amazon
// Connect on the other core (where the load comes from, too), with a pause between
// runs; warm-ups are discarded and every peer has to give a correct answer before
// it is timed. All traffic stays on the loopback address, and everything the
// command starts it also ends.
//
// Run it with make bench; go run ./bench -h shows ways to shorten it.
//
// With "embedded" as its first argument it measures the embedded Amazon Connect
// instead, and writes docs/benchmarks-embedded.md; with "function" the production function
// beside one of Node, and writes docs/benchmarks-function.md. With "compare" it measures two builds
// of Parley in turn, and fails when the new one costs more. Each page names the
// commit that it measured; with "stale" the command says which pages are out of date.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench: error:", err)
		os.Exit(1) //nolint:forbidigo // this is a command's main
	}
}

// options are the command's flags.
type options struct {
	rounds, starts         int
	duration, warmup, rest time.Duration
	conns                  []int
	only                   []string
	out, parley            string
}

// levels are the numbers of connections that are measured.
var levels = []int{1, 16, 64, 256} //nolint:gochecknoglobals // a constant list

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{conns: levels}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.rounds, "rounds", 3, "rounds; medians over fewer than three say little")
	flags.IntVar(&o.starts, "starts", 9, "starts of each peer for the time to its first answer")
	flags.DurationVar(&o.duration, "duration", 2*time.Second, "timed part of each run")
	flags.DurationVar(&o.warmup, "warmup", 500*time.Millisecond, "discarded part before it")
	flags.DurationVar(&o.rest, "rest", 300*time.Millisecond, "pause between runs")
	flags.StringVar(&o.out, "out", "", `file to write, "-" for none (default docs/benchmarks.md, when the run is a full one)`)
	flags.StringVar(&o.parley, "parley", "", "a built Parley to measure, instead of building this tree's")
	flags.Func("conns", "comma-separated numbers of connections (default 1,16,64,256)", func(s string) error {
		o.conns = nil
		for text := range strings.SplitSeq(s, ",") {
			n, err := strconv.Atoi(text)
			if err != nil || n < 1 || n > 1000 {
				return fmt.Errorf("%q is not a number from 1 to 1000", text)
			}
			o.conns = append(o.conns, n)
		}
		return nil
	})
	flags.Func("only", "comma-separated peers to run: direct, forwarder, parley, parley-log, node (default all)", func(s string) error {
		o.only = strings.Split(s, ",")
		for _, name := range o.only {
			if !slices.Contains([]string{direct, forwarder, parley, parleyLog, node}, name) {
				return fmt.Errorf("there is no peer %q", name)
			}
		}
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.rounds < 1 || o.starts < 1 || o.duration < 100*time.Millisecond {
		return o, errors.New("-rounds and -starts must be at least 1, -duration at least 100ms")
	}
	if o.out == "" {
		o.out = "-"
		if len(o.only) == 0 && slices.Equal(o.conns, levels) && o.rounds >= 3 && o.duration >= time.Second {
			o.out = filepath.Join("docs", "benchmarks.md")
		}
	}
	return o, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == "embedded" {
		return runEmbedded(ctx, args[1:], stdout, stderr)
	}
	if len(args) > 0 && args[0] == "function" {
		return runFunction(ctx, args[1:], stdout, stderr)
	}
	if len(args) > 0 && args[0] == "compare" {
		return runCompare(ctx, args[1:], stdout, stderr)
	}
	if len(args) > 0 && args[0] == "stale" {
		return runStale(ctx, args[1:], stdout)
	}
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	dir, err := enter(&o.parley)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	say := teller(stderr)
	lab, err := prepare(ctx, dir, o, say)
	if err != nil {
		return err
	}
	defer lab.close()
	peers, err := lab.peers(o.only)
	if err != nil {
		return err
	}
	revision := lab.revision(ctx)
	before := loadAverage()
	result, err := lab.measure(ctx, o, peers)
	if err != nil {
		return err
	}
	result.revision, result.loadBefore, result.loadAfter = revision, before, loadAverage()

	if _, err := io.WriteString(stdout, result.console()); err != nil {
		return fmt.Errorf("printing the result: %w", err)
	}
	return keep(result.markdown(), o.out, say)
}

// teller writes what goes on.
func teller(stderr io.Writer) func(format string, args ...any) {
	return func(format string, args ...any) { _, _ = fmt.Fprintf(stderr, format+"\n", args...) }
}

// enter goes to the top of the repository and makes a directory for everything that a run
// needs. The program to measure was named from where the run began.
func enter(program *string) (dir string, err error) {
	if *program != "" {
		if *program, err = filepath.Abs(*program); err != nil {
			return "", fmt.Errorf("finding the program to measure: %w", err)
		}
	}
	if err := enterRepository(); err != nil {
		return "", err
	}
	dir, err = os.MkdirTemp("", "parley-bench-")
	if err != nil {
		return "", fmt.Errorf("making a directory for the programs: %w", err)
	}
	return dir, nil
}

// keep writes a report to a file, unless that is "-".
func keep(report, out string, say func(string, ...any)) error {
	if out == "-" {
		say("not writing the report: name a file with -out to keep the figures of a shortened run")
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return fmt.Errorf("making the directory of the report: %w", err)
	}
	if err := os.WriteFile(out, []byte(report), 0o644); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	say("wrote %s", out)
	return nil
}

// enterRepository changes to the top of the repository, from there or from bench.
func enterRepository() error {
	for _, dir := range []string{".", ".."} {
		if _, err := os.Stat(filepath.Join(dir, nodePeer, "package.json")); err == nil {
			return os.Chdir(dir)
		}
	}
	return errors.New("run this from the top of the repository")
}

// wanted reports whether a peer was asked for.
func wanted(only []string, name string) bool { return len(only) == 0 || slices.Contains(only, name) }
