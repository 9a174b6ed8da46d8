package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
)

// The report is made of Markdown tables, on the terminal as in the file.

// console is the report for the terminal.
func (r *result) console() string {
	return "\n" + r.targets() + "\n" + r.rates() + "\n" + r.sizes() + "\n" + r.circumstances()
}

// markdown is docs/benchmarks.md.
func (r *result) markdown() string {
	var b strings.Builder
	b.WriteString("<!-- Written by make bench; changes by hand are lost. -->\n\n# Benchmarks\n\n")
	b.WriteString("What one StartChatContact costs in the front door that stands between a chat widget and Amazon Connect: " +
		"`parley serve --upstream aws` beside the alternatives, in one run on one machine. The account's quota is five chat " +
		"starts a second, so what is felt is latency, memory and start-up time; processor time per request is the steadiest " +
		"figure and is given first. [benchmarks-function.md](benchmarks-function.md) puts the production function beside the one " +
		"it replaces, [benchmarks-embedded.md](benchmarks-embedded.md) is about the embedded Amazon Connect.\n\n")
	b.WriteString("## Against the targets\n\n" + r.targets())
	b.WriteString("\nRatios are taken within each round, between runs next to each other, and given as median (lowest–highest).\n")
	b.WriteString("\n" + reasons)
	b.WriteString("\n## Requests\n\n" + r.rates())
	b.WriteString("\nMedians over the rounds (lowest–highest). *CPU* is the processor time of the peer's own process, user and " +
		"kernel, in seconds per 10,000 answered requests; *cores* is how much of its core it used. Errors are all requests that " +
		"were not answered with 200, warm-up included.\n")
	b.WriteString("\n## Memory, start, size\n\n" + r.sizes())
	b.WriteString("\n*Peak* is the most memory that was resident during a run with so many connections. *First answer* is the time from starting the program to its first complete answer, a call to the " +
		"endpoint included. *Installed* is the stripped program, and for the Node peer its `node_modules` without Node itself. *Empty folder to first answer* is `npm install` of Parley's packed " +
		"packages, or `npm ci` of the Node peer, without a network and with all of it in npm's cache, and the start with its first answer.\n")
	b.WriteString("\n## The peers\n\n")
	for _, p := range r.peers {
		fmt.Fprintf(&b, "- **%s**: %s.\n", p.name, p.what)
	}
	b.WriteString("\n## Circumstances\n\n" + r.circumstances())
	b.WriteString("\n## How it is measured\n\n" +
		"The fake Amazon Connect (`internal/awsfake`) verifies the AWS Signature Version 4 of every request that Parley and the " +
		"Node peer make, and answers at once. It shares a core with the load, which is the same bytes on keep-alive connections, " +
		"one request at a time on each; the peer has the other core to itself. Within a round the peers take turns in random " +
		"order for each number of connections, with a pause before each run and the first part of it discarded. Every peer is " +
		"checked for a correct answer before it is timed.\n\n" +
		"Repeat it with `make bench`, on a machine that has nothing else to do. `go run ./bench -h` shows how to shorten it " +
		"(`-rounds`, `-duration`, `-only parley,node`). The Node peer needs `node` and `npm` and is left out without them.\n")
	return b.String()
}

// The targets that are not what a smaller program would reach.
const (
	leastMemory = 4
	leastStart  = 14
)

// reasons says why those targets are what they are.
const reasons = "Memory is to be 4 times less and not 6, because Parley is measured as a developer runs it, with the " +
	"inspector's record on: it grows to ten thousand exchanges, which this load sends within two seconds, and takes about a " +
	"quarter of the memory. The first answer is to come 14 times sooner, about half of what a quiet machine shows: a start " +
	"reads the settings and the credentials, opens the port and makes one call, and what no answer needs, such as the " +
	"console's pages, is made when it is first asked for.\n"

// targets compares with what the project promises.
func (r *result) targets() string {
	cpu := func(s sample) float64 { return s.cpu }
	rate := func(s sample) float64 { return s.rate }
	peak := func(s sample) float64 { return float64(s.peak) }
	rows := [][]string{{"at 64 connections where it applies", "target", "measured", ""}}
	add := func(what, target string, met func(float64) bool, ratio spread) {
		verdict := "not measured"
		if len(ratio) > 0 {
			verdict = "missed"
			if met(ratio.median()) {
				verdict = "met"
			}
		}
		format := "%.1f"
		if len(ratio) > 0 && ratio.median() < 1 {
			format = "%.2f"
		}
		rows = append(rows, []string{what, target, ratio.text(format) + " times", verdict})
	}
	atLeast := func(limit float64) func(float64) bool { return func(v float64) bool { return v >= limit } }
	add("CPU per request, Node peer to Parley", "≥ 10 times", atLeast(10), r.ratio(node, parley, cpu))
	add("requests a second, Parley to Node peer", "≥ 9 times", atLeast(9), r.ratio(parley, node, rate))
	add("peak memory, Node peer to Parley", fmt.Sprintf("≥ %d times", leastMemory), atLeast(leastMemory), r.ratio(node, parley, peak))
	add("time to first answer, Node peer to Parley", fmt.Sprintf("≥ %d times", leastStart), atLeast(leastStart), divide(durations(r.starts[node]), durations(r.starts[parley])))
	add("empty folder to first answer with npm, Parley to Node peer", "≤ 0.2 times", func(v float64) bool { return v <= 0.2 }, divide(durations(r.installs[parley]), durations(r.installs[node])))
	add("CPU per request, Parley to bare forwarder", "≤ 2.5 times", func(v float64) bool { return v <= 2.5 }, r.ratio(parley, forwarder, cpu))
	return table(rows)
}

// ratio divides a figure of two peers at 64 connections, round by round.
func (r *result) ratio(a, b string, figure func(sample) float64) spread {
	return divide(r.spread(a, 64, figure), r.spread(b, 64, figure))
}

func (r *result) spread(name string, conns int, figure func(sample) float64) spread {
	var s spread
	for _, sample := range r.samples[name][conns] {
		s = append(s, figure(sample))
	}
	return s
}

func durations(all []time.Duration) spread {
	var s spread
	for _, took := range all {
		s = append(s, float64(took))
	}
	return s
}

// rates is the table of all runs under load.
func (r *result) rates() string {
	rows := [][]string{{"connections", "peer", "CPU s/10,000", "requests/s", "p50 ms", "p99 ms", "cores", "errors"}}
	for _, conns := range r.options.conns {
		for _, p := range r.peers {
			of := func(figure func(sample) float64) spread { return r.spread(p.name, conns, figure) }
			cpu, cores := "–", "–"
			if p.argv != nil {
				cpu = of(func(s sample) float64 { return s.cpu }).text("%.2f")
				cores = fmt.Sprintf("%.2f", of(func(s sample) float64 { return s.cores }).median())
			}
			errs := 0
			for _, s := range r.samples[p.name][conns] {
				errs += s.errors
			}
			rows = append(rows, []string{
				fmt.Sprint(conns), p.name, cpu,
				of(func(s sample) float64 { return s.rate }).text("%.0f"),
				of(func(s sample) float64 { return inMilliseconds(s.p50) }).text("%.2f"),
				of(func(s sample) float64 { return inMilliseconds(s.p99) }).text("%.2f"),
				cores, fmt.Sprint(errs),
			})
		}
	}
	return table(rows)
}

// sizes is the table of what does not depend on the load.
func (r *result) sizes() string {
	rows := [][]string{{"peer", "peak at 64 MiB", "peak at 256 MiB", "first answer ms", "installed MiB"}}
	for _, p := range r.peers {
		if p.argv == nil {
			continue
		}
		first := durations(r.starts[p.name])
		for i := range first {
			first[i] /= float64(time.Millisecond)
		}
		peak := func(conns int) string {
			return r.spread(p.name, conns, func(s sample) float64 { return float64(s.peak) / mib }).text("%.1f")
		}
		rows = append(rows, []string{p.name, peak(64), peak(256), first.text("%.1f"), fmt.Sprintf("%.1f", float64(p.size)/mib)})
	}
	return table(rows)
}

// circumstances tells what the figures depend on.
func (r *result) circumstances() string {
	var foreign spread
	for _, p := range r.peers {
		for _, samples := range r.samples[p.name] {
			for _, s := range samples {
				foreign = append(foreign, s.foreign)
			}
		}
	}
	pinned := "not pinned to cores"
	if r.pinned {
		pinned = "peers on core 0, load and fake endpoint on core 1"
	}
	lines := []string{
		r.revision,
		fmt.Sprintf("%s, %s/%s; %s, %d cores; %s", runtime.Version(), runtime.GOOS, runtime.GOARCH, processor(), runtime.NumCPU(), pinned),
		fmt.Sprintf("%d rounds of %s after %s of warm-up, %s of pause; %d starts",
			r.options.rounds, r.options.duration, r.options.warmup, r.options.rest, r.options.starts),
		fmt.Sprintf("foreign load while measuring: %s cores; load average before %s, after %s",
			foreign.text("%.2f"), r.loadBefore, r.loadAfter),
		time.Now().UTC().Format("2 January 2006"),
	}
	if r.nodeVersion != "" {
		lines = slices.Insert(lines, 2, "Node "+r.nodeVersion)
	}
	return "- " + strings.Join(lines, "\n- ") + "\n"
}

// mib is the unit of sizes.
const mib = 1 << 20

func inMilliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.2f ms", inMilliseconds(d)) }
