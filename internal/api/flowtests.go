package api

import (
	"context"
	"net/http"

	"github.com/parley-chat/parley/internal/flowcover"
	"github.com/parley-chat/parley/internal/flowtest"
)

// TestFlows runs the tests of a file against the flows of a server: no reports say that it has none.
type TestFlows func(ctx context.Context, name string, content []byte) ([]flowtest.Report, *flowcover.Coverage)

// flowTest is what came of one test.
type flowTest struct {
	Name    string           `json:"name"`
	Kind    string           `json:"kind"`
	Flow    string           `json:"flow,omitempty"`
	Verdict flowtest.Verdict `json:"verdict"`
	Why     string           `json:"why,omitempty"`
	Checks  []flowCheck      `json:"checks"`
	Notes   []string         `json:"notes"`
	// Transcript has a line for everything that was said or that happened.
	Transcript []flowLine `json:"transcript"`
}

// flowCheck is one thing that a test expects, with what was seen in its place.
type flowCheck struct {
	ID       string           `json:"id"`
	Verdict  flowtest.Verdict `json:"verdict"`
	Expected string           `json:"expected"`
	Seen     string           `json:"seen,omitempty"`
	Why      string           `json:"why,omitempty"`
}

// flowLine is a line of a conversation. Its time counts from the first line.
type flowLine struct {
	AfterMs int64  `json:"afterMs"`
	From    string `json:"from,omitempty"`
	Text    string `json:"text"`
}

// testFlows runs the test case or the scenarios that are sent.
func (a *API) testFlows(r *http.Request) (any, error) {
	in := struct {
		Name    string `json:"name"`
		Content string `json:"content"`
	}{Name: "test.scenario.yaml"}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if in.Content == "" {
		return nil, bad("content", "content is missing")
	}
	if a.cfg.TestFlows == nil {
		return nil, bad("", "this server tests no flows")
	}
	reports, covered := a.cfg.TestFlows(r.Context(), in.Name, []byte(in.Content))
	if len(reports) == 0 {
		return nil, bad("content", "content is neither a test case nor a scenario; docs/flow-testing.md describes both")
	}
	tests := make([]flowTest, len(reports))
	for i := range reports {
		tests[i] = flowTestOf(&reports[i])
	}
	return map[string]any{"tests": tests, "coverage": covered}, nil
}

// flowTestOf is the report of a test as the API shows it.
func flowTestOf(r *flowtest.Report) flowTest {
	t := flowTest{r.Name, r.Kind, r.Flow, r.Verdict, r.Why, make([]flowCheck, 0, len(r.Checks)), append([]string{}, r.Notes...), []flowLine{}}
	for i := range r.Checks {
		c := &r.Checks[i]
		t.Checks = append(t.Checks, flowCheck{c.ID, c.Verdict, c.Expected, c.Seen, c.Why})
	}
	for i := range r.Result.Transcript {
		l := &r.Result.Transcript[i]
		t.Transcript = append(t.Transcript, flowLine{l.Time.Sub(r.Result.Transcript[0].Time).Milliseconds(), l.From, l.String()})
	}
	return t
}
