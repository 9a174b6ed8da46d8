package testcase

import (
	"encoding/json"
	"strings"

	"github.com/parley-chat/parley/internal/flow"
)

// Object is a JSON object of a test case as it stands in its file.
type Object map[string]any

// In is a member that is an object, nil for any other.
func (o Object) In(name string) Object {
	inner, _ := o[name].(map[string]any)
	return inner
}

// List are the objects of a member that is a list.
func (o Object) List(name string) []Object {
	items, _ := o[name].([]any)
	all := make([]Object, 0, len(items))
	for _, item := range items {
		if object, is := item.(map[string]any); is {
			all = append(all, object)
		}
	}
	return all
}

// Text is a member that is a text, a number or a truth value, empty for any other; blanks stay.
func (o Object) Text(name string) string {
	switch v := o[name].(type) {
	case string, float64, bool:
		return flow.Text(v)
	}
	return ""
}

// Trimmed is [Object.Text] without the blanks around it, which the documentation's example has.
func (o Object) Trimmed(name string) string { return strings.TrimSpace(o.Text(name)) }

// first is the first text of members that is not empty.
func (o Object) first(names ...string) string {
	for _, name := range names {
		if text := o.Text(name); text != "" {
			return text
		}
	}
	return ""
}

// File is a file with a test case.
type File struct {
	Name string
	// Document is the one in the Testing language, Content its text where it stands in one. Around is
	// what stands around it, as the API gives and takes it; the document itself when it stands alone.
	Document Object
	Content  string
	Around   Object
}

// Read reads a file that may hold a test case: the document itself, with its siblings around it as
// CreateTestCase takes it, or as DescribeTestCase gives it. It returns false for what is none.
func Read(name string, data []byte) (*File, bool) {
	var root Object
	if len(data) > flow.MaxCharacters*8 || json.Unmarshal([]byte(strings.TrimPrefix(string(data), "\ufeff")), &root) != nil {
		return nil, false
	}
	if inner := root.In("TestCase"); inner != nil {
		root = inner
	}
	f := &File{Name: name, Document: root, Around: root}
	if content, is := root["Content"].(string); is {
		f.Content, f.Document = content, nil
		_ = json.Unmarshal([]byte(content), &f.Document) // what is none has no observations
	}
	if _, is := f.Document["Observations"].([]any); !is {
		return nil, false
	}
	return f, true
}

// IsTemplate reports whether a file is a CloudFormation template with a test case, which is none that
// can be read: its values stand in other resources.
func IsTemplate(data []byte) bool {
	var template struct {
		Resources map[string]struct{ Type string }
	}
	_ = json.Unmarshal(data, &template) // what is none has no resources
	for _, r := range template.Resources {
		if r.Type == "AWS::Connect::TestCase" {
			return true
		}
	}
	return false
}

// Title is the name of the test case; empty where the file has none.
func (f *File) Title() string {
	if name := f.Around.Text("Name"); name != "" {
		return name
	}
	return f.Document.In("Metadata").Text("name")
}

// Entry is the entry point; nil where the file has none. The console's export repeats in Metadata what
// else stands around the document.
func (f *File) Entry() Object {
	if entry := f.Around.In("EntryPoint"); entry != nil {
		return entry
	}
	return f.Document.In("Metadata").In("entryPoint")
}

// InitialData is the text of the initial data; empty where the file has none.
func (f *File) InitialData() string {
	for _, from := range []struct {
		o    Object
		name string
	}{{f.Around, "InitializationData"}, {f.Document.In("Metadata"), "initializationData"}} {
		switch data := from.o[from.name].(type) {
		case string:
			if data != "" {
				return data
			}
		case map[string]any:
			return flow.Text(data)
		}
	}
	return ""
}

// Resource is the parameter that names what an observed or overridden action is about, by the action's
// type; known is false for a type with which a test can do nothing. An application of Agentic CX has
// none.
//
// Source: https://docs.aws.amazon.com/connect/latest/devguide/testing-language-flow-action-started.html
func Resource(actionType string) (parameter string, known bool) {
	switch actionType {
	case "InvokeLambdaFunction":
		return "LambdaFunctionARN", true
	case "CheckHoursOfOperation":
		return "HoursOfOperationId", true
	case "TransferContactToQueue", dequeue, dequeueShort:
		return "QueueId", true
	case "ConnectParticipantWithLexBot":
		return "LexV2Bot", true
	case "ConnectParticipantWithAgenticCX":
		return "", true
	}
	return "", false
}

// The page about overrides shortens the name of the type.
const dequeue, dequeueShort = "DequeueContactAndTransferToQueue", "DequeueAndTransferToQueue"

// Operators are those of an Assert that publishing takes.
func Operators() []string {
	return []string{
		"Equals", "TextStartsWith", "TextEndsWith", "TextContains", "NumberGreaterThan", "NumberGreaterOrEqualTo", "NumberLessThan", "NumberLessOrEqualTo",
	}
}

// Exists is the operator that is documented and refused.
const Exists = "Exists"
