package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// functionResult is everything that was measured of the functions.
type functionResult struct {
	options               functionOptions
	functions             []*function
	pinned                bool
	revision              string
	loadBefore, loadAfter string
}

// markdown is docs/benchmarks-function.md.
func (r functionResult) markdown() string {
	var b strings.Builder
	b.WriteString("<!-- Written by make bench-function; changes by hand are lost. -->\n\n# The production function\n\n" +
		"What `cmd/parley-lambda` costs beside the function it replaces, in one run on one machine: both as programs under the same " +
		"Lambda Runtime API on this machine, in front of a fake Amazon Connect that verifies signatures. Lambda's own start of the " +
		"machine around the program is not in it.\n\n")
	b.WriteString(r.tables())
	b.WriteString("\nMedians (lowest–highest). *Ready* is the time from starting the program until it asks for its first event, and " +
		"the memory resident then; *peak* is the most memory while it was invoked. *Invoke* is one event through the Runtime API and " +
		"back, a call to the fake endpoint included. *CPU* is the processor time of the function's own process for 10,000 " +
		"invocations. The Node function's size is its `node_modules` without Node itself.\n\n")
	for _, f := range r.functions {
		fmt.Fprintf(&b, "- **%s**: %s.\n", f.name, f.what)
	}
	b.WriteString("\nRepeat it with `make bench-function`, on a machine that has nothing else to do.\n")
	return b.String()
}

func (r functionResult) tables() string {
	return r.targets() + "\n" + r.figures() + "\n" + r.circumstances()
}

// targets compares with what the project promises.
func (r functionResult) targets() string {
	p := r.functions[0]
	rows := [][]string{{"parley", "target", "measured", ""}}
	add := func(what, target string, met bool, measured string) {
		verdict := "missed"
		if met {
			verdict = "met"
		}
		rows = append(rows, []string{what, target, measured, verdict})
	}
	zip := float64(p.zipped) / mib
	add("from start to ready", "< 20 ms", p.inits.median() < 20, p.inits.text("%.1f")+" ms")
	add("memory when ready", "< 25 MB", p.ready.median() < 25, p.ready.text("%.1f")+" MiB")
	add("zip", "< 6 MB", p.zipped > 0 && zip < 6, fmt.Sprintf("%.1f MiB", zip))
	return table(rows)
}

// figures puts the functions side by side.
func (r functionResult) figures() string {
	rows := [][]string{{"function", "ready ms", "ready MiB", "peak MiB", "invoke p50 ms", "p99 ms", "CPU s/10,000", "unpacked MiB", "zip MiB"}}
	for _, f := range r.functions {
		zip := "–"
		if f.zipped > 0 {
			zip = fmt.Sprintf("%.1f", float64(f.zipped)/mib)
		}
		rows = append(rows, []string{
			f.name, f.inits.text("%.1f"), f.ready.text("%.1f"), f.peak.text("%.1f"), f.p50.text("%.2f"), f.p99.text("%.2f"),
			f.cpu.text("%.2f"), fmt.Sprintf("%.1f", float64(f.unpacked)/mib), zip,
		})
	}
	if len(r.functions) > 1 {
		p, n := r.functions[0], r.functions[1]
		times := func(of func(*function) spread) string { return divide(of(n), of(p)).text("%.1f") + "×" }
		rows = append(rows, []string{
			"ratio", times(func(f *function) spread { return f.inits }), times(func(f *function) spread { return f.ready }),
			times(func(f *function) spread { return f.peak }), times(func(f *function) spread { return f.p50 }),
			times(func(f *function) spread { return f.p99 }), times(func(f *function) spread { return f.cpu }),
			fmt.Sprintf("%.1f×", float64(n.unpacked)/float64(p.unpacked)), "",
		})
	}
	return table(rows)
}

// circumstances tells what the figures depend on.
func (r functionResult) circumstances() string {
	pinned := "not pinned to cores"
	if r.pinned {
		pinned = "functions on core 0, Runtime API and fake endpoint on core 1"
	}
	return "- " + strings.Join([]string{
		r.revision,
		fmt.Sprintf("%s, %s/%s; %s, %d cores; %s", runtime.Version(), runtime.GOOS, runtime.GOARCH, processor(), runtime.NumCPU(), pinned),
		fmt.Sprintf("%d starts; %d rounds of %d invocations, one at a time", r.options.starts, r.options.rounds, r.options.invokes),
		fmt.Sprintf("load average before %s, after %s", r.loadBefore, r.loadAfter),
		time.Now().UTC().Format("2 January 2006"),
	}, "\n- ") + "\n"
}
