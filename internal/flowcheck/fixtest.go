package flowcheck

import (
	"strings"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/testcase"
)

// fixTest looks at one test case: forms of older pages, and of the documentation's own example, that the
// service refuses and that have one right form.
func (f *fixer) fixTest() {
	root := f.document.flow
	if v := root.at("Version"); v != nil && v.text != flow.Version {
		f.write("test-document", v.start, v.end, quote(flow.Version), "Version is "+flow.Version)
	}
	for _, o := range root.at("Observations").items {
		f.action = o
		f.renameMember("test-member", o, "Id", "Identifier")
		f.renameMember("test-member", o.at("Transitions"), "NextActions", "NextObservations")
		usage := o.at("Usage").at("Type")
		for _, known := range []string{testcase.Exactly, testcase.AtLeast, testcase.AtMost, testcase.Always} {
			if usage != nil && usage.text != known && strings.EqualFold(usage.text, known) {
				f.write("test-usage", usage.start, usage.end, quote(known), "the Usage is "+known)
			}
		}
		f.fixEvent(o.at("Event"))
		if actions := o.at("Actions"); actions != nil {
			for _, a := range actions.items {
				f.action = a
				f.fixTestAction(a)
			}
		}
	}
}

// fixEvent looks at the event of an observation.
func (f *fixer) fixEvent(event *node) {
	properties := event.at("Properties")
	f.trim(event.at("Type"))
	f.trim(properties.at("ActionType"))
	criterion := properties.at("MatchingCriteria")
	if criterion == nil {
		return
	}
	right := criterion.text
	if !criterion.isText {
		if criterion = criterion.at("Type"); criterion == nil || criterion.text != "Contains" {
			return
		}
		f.write("test-match", criterion.start, criterion.end, quote(testcase.Inclusion), "the criterion is "+testcase.Inclusion)
		return
	}
	if right == "Contains" {
		right = testcase.Inclusion
	}
	if right == testcase.Inclusion || right == testcase.Similarity {
		f.write("test-match", criterion.start, criterion.end, `{"Type": `+quote(right)+`}`, "MatchingCriteria is an object")
	}
}

// fixTestAction looks at an action of a test.
func (f *fixer) fixTestAction(a *node) {
	f.trim(a.at("Type"))
	transitions := a.at("Transitions")
	if next := transitions.at("NextAction"); next != nil && next.isText && next.text == "" && len(transitions.members) == 1 {
		f.write("test-next-action", transitions.start, transitions.end, "{}", "nothing follows")
	}
	instruction := a.at("Parameters").at("Instruction")
	kind, properties := instruction.at("Type"), instruction.at("Properties")
	if kind != nil && kind.text == "TextUtterance" {
		f.write("test-instruction", kind.start, kind.end, quote(testcase.Utterance), "the instruction is "+testcase.Utterance)
	}
	if kind != nil && strings.HasSuffix(kind.text, testcase.Utterance) && properties.field("Value") == nil {
		if properties.field("Text") != nil {
			f.renameMember("test-instruction", properties, "Text", "Value")
		} else {
			f.renameMember("test-instruction", properties, "SSML", "Value")
		}
	}
	f.trim(a.at("Parameters").at("Behavior").at("Properties").at("ActionType"))
}

// renameMember gives a member the name that is taken, unless that is there, too.
func (f *fixer) renameMember(rule string, in *node, from, to string) {
	if m := in.field(from); m != nil && in.field(to) == nil {
		f.write(rule, m.start, m.end, quote(to), from+" is "+to)
	}
}

// trim takes the blanks away that are around a type.
func (f *fixer) trim(n *node) {
	if n != nil && n.isText && n.text != strings.TrimSpace(n.text) {
		right := strings.TrimSpace(n.text)
		f.write("test-event", n.start, n.end, quote(right), "the type is "+right)
	}
}
