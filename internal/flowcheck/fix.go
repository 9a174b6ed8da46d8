package flowcheck

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/flow"
)

// Fixed is one thing that was rewritten.
type Fixed struct {
	Rule   string `json:"rule"`
	Action string `json:"action,omitempty"`
	// Text says what stands there now.
	Text string `json:"text"`
}

// respelt are types by the names that only their pages give them.
func respelt() map[string]string {
	return map[string]string{"UnTagContact": "UntagContact", "UpdateRoutingCriteria": "UpdateContactRoutingCriteria"}
}

// Fix rewrites what has exactly one right form in the flows and test cases of a file, in whatever the file wraps
// them in. Only the members in question are written; every other byte stays as it is, because the
// changes are made in the text and the text is not encoded again. A flow that stands in a JSON text
// is changed within it. What is not JSON in UTF-8 stays as it is.
func Fix(data []byte) ([]byte, []Fixed) {
	var all []Fixed
	// A change can make room for the next: each round looks at what the last one wrote.
	for range 10 {
		f := fixer{}
		for _, d := range documents(data) {
			f.document, f.action = d, nil
			if d.flow.at("Observations") != nil {
				f.fixTest()
			} else {
				f.fix()
			}
		}
		if len(f.edits) == 0 {
			break
		}
		var done []Fixed
		data, done = apply(data, f.edits)
		all = append(all, done...)
	}
	return data, all
}

// edit is a piece of the file with another text in its place.
type edit struct {
	start, end int
	text       string
	fixed      Fixed
}

// apply makes changes that do not overlap; of two that do the first.
func apply(data []byte, edits []edit) (changed []byte, done []Fixed) {
	slices.SortStableFunc(edits, func(x, y edit) int { return x.start - y.start })
	at := 0
	for i, e := range edits {
		if e.start < at || i > 0 && e.start == edits[i-1].start {
			continue // in the next round
		}
		changed = append(append(changed, data[at:e.start]...), e.text...)
		at = e.end
		done = append(done, e.fixed)
	}
	return append(changed, data[at:]...), done
}

// fixer collects the changes of a file.
type fixer struct {
	document document
	edits    []edit
	action   *node
}

// write puts a text in the place of a piece of the flow's text.
func (f *fixer) write(rule string, start, end int, text, says string) {
	for range f.document.quoted {
		text = strings.TrimSuffix(strings.TrimPrefix(quote(text), `"`), `"`)
	}
	fixed := Fixed{Rule: rule, Text: says}
	if f.action != nil {
		if id := f.action.at("Identifier"); id != nil {
			fixed.Action = id.text
		}
	}
	f.edits = append(f.edits, edit{f.document.place(start), f.document.place(end), text, fixed})
}

// quote is a text as JSON.
func quote(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a text always can be
	return strings.TrimSuffix(b.String(), "\n")
}

// raw is the text of a value.
func (f *fixer) raw(n *node) string { return string(f.document.data[n.start:n.end]) }

// insert adds a member to an object, after one of its members or as the last, spaced as its
// neighbours are.
func (f *fixer) insert(in *node, after, name, value string, fixed Fixed) {
	if len(in.members) == 0 {
		f.write(fixed.Rule, in.start, in.end, "{"+quote(name)+": "+value+"}", fixed.Text)
		return
	}
	last := len(in.members) - 1
	at := max(slices.IndexFunc(in.members, func(m field) bool { return m.name == after }), 0)
	if in.members[at].name != after {
		at = last
	}
	neighbour := in.members[at]
	between := string(f.document.data[neighbour.end:neighbour.value.start])
	// What stands before the first member is the brace's, and not the comma's.
	like := in.members[max(at, min(1, last))]
	left := f.document.data[:like.start]
	before := string(left[len(bytes.TrimRight(left, " \t\r\n")):])
	if last == 0 && before == "" && strings.HasSuffix(between, " ") {
		before = " "
	}
	f.write(fixed.Rule, neighbour.value.end, neighbour.value.end, ","+before+quote(name)+between+value, fixed.Text)
}

// remove takes an item out of a list, with the comma that goes with it.
func (f *fixer) remove(rule string, from *node, at int, says string) {
	start, end := from.items[at].start, from.items[at].end
	switch {
	case at > 0:
		start = from.items[at-1].end
	case len(from.items) > 1:
		end = from.items[1].start
	default:
		start, end = from.start+1, from.end-1
	}
	f.write(rule, start, end, "", says)
}

// fix looks at one flow.
func (f *fixer) fix() {
	if v := f.document.flow.at("Version"); v != nil && v.text != flow.Version {
		f.write("version", v.start, v.end, quote(flow.Version), "Version is "+flow.Version)
	}
	needs := demands()
	names := map[string]string{}
	for _, t := range flow.Types() {
		names[strings.ToLower(t.Name)] = t.Name
	}
	for wrong, right := range respelt() {
		names[strings.ToLower(wrong)] = right
	}
	for _, n := range f.document.flow.at("Actions").items {
		kind := n.at("Type")
		var a flow.Action
		if kind == nil || !kind.isText || json.Unmarshal(f.document.data[n.start:n.end], &a) != nil {
			continue
		}
		f.action = n
		if right := names[strings.ToLower(a.Type)]; right != "" && right != a.Type {
			f.write("unknown-type", kind.start, kind.end, quote(right), "Type is "+right)
			a.Type = right
		}
		f.parameters(n, &a, needs[a.Type])
		f.transitions(n, &a, needs[a.Type])
	}
}

// parameters looks at the parameters of an action.
func (f *fixer) parameters(n *node, a *flow.Action, d demand) {
	parameters := n.field("Parameters")
	switch {
	case len(d.needs) > 0 || a.Type == "Wait" || a.Type == "Loop":
	case parameters == nil:
		f.insert(n, "Type", "Parameters", "{}", Fixed{Rule: "parameters", Text: "Parameters is {}"})
	case f.raw(parameters.value) == "null":
		f.write("parameters", parameters.value.start, parameters.value.end, "{}", "Parameters is {}")
	}
	if parameters == nil {
		return
	}
	if wrong := parameters.value.field("TimeoutSeconds"); a.Type == "Wait" && wrong != nil && parameters.value.field("TimeLimitSeconds") == nil {
		f.write("parameter-name", wrong.start, wrong.end, `"TimeLimitSeconds"`, "TimeoutSeconds is TimeLimitSeconds")
	}
	for _, key := range flat(a) {
		if v := parameters.value.at("FlowAttributes").at(key); v != nil && !v.isObject && v.items == nil && f.raw(v) != "[]" && f.raw(v) != "null" {
			f.write("flow-attributes", v.start, v.end, `{"Value": `+f.raw(v)+"}", "the value of "+key+" is an object")
		}
	}
}

// transitions looks at what follows an action.
func (f *fixer) transitions(n *node, a *flow.Action, d demand) {
	t := n.at("Transitions")
	if t == nil || !t.isObject {
		return
	}
	if errors := t.at("Errors"); errors != nil {
		for i, e := range errors.items {
			if name := e.at("ErrorType"); name != nil && slices.Contains(superfluous(a), name.text) {
				f.remove("superfluous-branch", errors, i, "the branch "+name.text+" is gone")
			}
		}
	}
	if conditions := t.at("Conditions"); conditions != nil {
		for _, c := range conditions.items {
			operator := c.at("Condition").at("Operator")
			if operator == nil {
				continue
			}
			if rest, is := strings.CutPrefix(operator.text, "Numeric"); is {
				f.write("operator", operator.start, operator.end, quote("Number"+rest), "the operator is Number"+rest)
			}
		}
	}
	if to := conventional(a, d.next); to != "" && (a.Transitions.NextAction == "" || a.Transitions.NextAction == "$end") {
		says := "NextAction repeats the branch " + d.next
		if next := t.at("NextAction"); next != nil {
			f.write("next-action", next.start, next.end, quote(to), says)
		} else {
			f.insert(t, "", "NextAction", quote(to), Fixed{Rule: "next-action", Text: says})
		}
	}
}

// conventional is where the branch leads that the designer repeats in NextAction.
func conventional(a *flow.Action, branch string) string {
	to := ""
	for _, e := range a.Transitions.Errors {
		if e.ErrorType == branch {
			to = e.NextAction
		}
	}
	for _, c := range a.Transitions.Conditions {
		if len(c.Condition.Operands) == 1 && textOf(c.Condition.Operands[0]) == branch {
			to = c.NextAction
		}
	}
	if branch == "" || to == "$end" {
		return ""
	}
	return to
}
