package flowtest

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// Verdict is how a test, or a part of one, came out.
type Verdict string

// Verdicts. A test that could not be run is an error; a part that was not reached, and need not be, is
// pending.
const (
	Passed  Verdict = "passed"
	Failed  Verdict = "failed"
	Errored Verdict = "error"
	Pending Verdict = "pending"
)

// Report is a test that was run, of whatever language. What the chat was and which way it took is in
// Result.
type Report struct {
	// Name is the test's, File its file, Kind what it is written in, Flow the name of the flow.
	Name    string  `json:"name"`
	File    string  `json:"file,omitempty"`
	Kind    string  `json:"kind"`
	Flow    string  `json:"flow,omitempty"`
	Verdict Verdict `json:"verdict"`
	// Why says in a sentence what went wrong; empty for nothing.
	Why    string  `json:"why,omitempty"`
	Checks []Check `json:"checks"`
	// Notes are what there is to say about a test, whatever its verdict.
	Notes []string `json:"notes,omitempty"`
	// Logged are values that the test asked for.
	Logged map[string]string `json:"logged,omitempty"`
	Result Result            `json:"chat"`
	// Took is how long the machine needed.
	Took time.Duration `json:"tookNanoseconds"`
}

// Check is one thing that a test expected.
type Check struct {
	// ID is what the test calls it.
	ID      string  `json:"id"`
	Verdict Verdict `json:"verdict"`
	// Expected says what was to happen, Seen what has.
	Expected string `json:"expected"`
	Seen     string `json:"seen,omitempty"`
	// Best is what came nearest where nothing met it; nil for nothing.
	Best *Match `json:"best,omitempty"`
	// Why says what went wrong.
	Why string `json:"why,omitempty"`
	// Score is that of what met it, where texts were compared by likeness.
	Score float64 `json:"score,omitempty"`
}

// Match is a text that was compared with what was expected.
type Match struct {
	Text  string  `json:"text"`
	Score float64 `json:"score"`
	Hint  string  `json:"hint,omitempty"`
}

// Count is how many checks have a verdict.
func (r *Report) Count(v Verdict) int {
	n := 0
	for i := range r.Checks {
		if r.Checks[i].Verdict == v {
			n++
		}
	}
	return n
}

// All runs tests, as many at a time as there are cores, and returns their reports in the order of the
// tests. After the end of ctx those that are left fail at once, and their reports say so.
func All(ctx context.Context, tests []func(context.Context) Report) []Report {
	reports := make([]Report, len(tests))
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(len(tests), runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := range next {
				began := time.Now()
				reports[i] = tests[i](ctx)
				reports[i].Took = time.Since(began)
			}
		})
	}
	for i := range tests {
		next <- i
	}
	close(next)
	workers.Wait()
	return reports
}

// Start is when a test takes place that does not say it: on a Monday morning, so that what is open on
// working days is open.
func Start() time.Time { return time.Date(2026, time.January, 5, 10, 0, 0, 0, time.UTC) }
