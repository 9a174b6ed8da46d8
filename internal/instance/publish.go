package instance

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowcheck"
)

// InvalidError says why a flow cannot be published.
type InvalidError struct{ Problems []string }

// Error implements error.
func (e *InvalidError) Error() string {
	return "the flow is not valid: " + strings.Join(e.Problems, "; ")
}

// compile makes the published content ready to run, and the versions of a module, which flows call by
// their numbers and by the names and ids of their aliases. A flow that is archived or only saved does not run. The published content is held
// against rules. The error is an [*InvalidError].
func (f *Flow) compile(rules rules) ([]*flow.Program, error) {
	if f.Published == "" {
		return nil, nil
	}
	p, err := f.program(f.ID, f.Published, rules)
	if err != nil || f.Archived {
		return nil, err
	}
	programs := []*flow.Program{p}
	if f.Kind != flow.Module {
		return programs, nil
	}
	for _, v := range f.Versions {
		called := []string{strconv.Itoa(v.Number)}
		for _, a := range f.Aliases {
			if a.Version == v.Number {
				called = append(called, a.Name, a.ID)
			}
		}
		for _, name := range called {
			if p, err := f.program(f.ID+":"+name, v.Content, runnable); err == nil {
				programs = append(programs, p)
			}
		}
	}
	return programs, nil
}

// rules return those findings about a content that count; the program is nil when it cannot run.
type rules func(*flow.Program, []flow.Finding) []flow.Finding

// publishable are the rules of `parley flow check`, for what is to be published: whatever Amazon Connect
// would refuse is refused here. They are not for a campaign, which no chat runs.
func (f *Flow) publishable(p *flow.Program, findings []flow.Finding) []flow.Finding {
	file := flowcheck.File{Name: f.Name, Findings: findings}
	if p != nil {
		file.Programs = []*flow.Program{p}
	}
	return flowcheck.Check([]flowcheck.File{file})
}

// runnable leaves the findings of a content as they are: what was published before a rule was known
// goes on running.
func runnable(p *flow.Program, findings []flow.Finding) []flow.Finding {
	if p != nil {
		return nil
	}
	return findings
}

// program makes a content ready to run, unless a rule is against it.
func (f *Flow) program(id, content string, rules rules) (*flow.Program, error) {
	// A file may wrap a flow, or be an export of the older console; what is published is the flow itself.
	var document struct{ Actions json.RawMessage }
	text := strings.TrimSpace(content)
	if json.Valid([]byte(text)) && (text[0] != '{' || json.Unmarshal([]byte(text), &document) == nil && document.Actions == nil) {
		return nil, &InvalidError{[]string{"The content is no flow in the Flow language: it has no Actions."}}
	}
	sources, findings := flow.Read(f.Name, []byte(content))
	var p *flow.Program
	for _, source := range sources { // one, unless the findings say why there is none
		source.ID, source.ARN, source.Name, source.Kind = id, "", f.Name, f.Kind
		var more []flow.Finding
		p, more = flow.Compile(source)
		findings = append(findings, more...)
	}
	var problems []string
	for _, finding := range rules(p, findings) {
		if finding.Level != flow.Doubtful {
			problems = append(problems, problem(&finding))
		}
	}
	switch {
	case len(problems) > 0:
		return nil, &InvalidError{problems}
	case p == nil:
		return nil, &InvalidError{[]string{"The content is no flow in the Flow language."}}
	}
	return p, nil
}

// problem is a finding without the name of the flow, which the caller knows.
func problem(f *flow.Finding) string {
	text := f.Text
	if f.Action != "" {
		text = fmt.Sprintf("Action %s: %s", f.Action, text)
	}
	if f.Remedy != "" {
		text += "; " + f.Remedy
	}
	return text
}
