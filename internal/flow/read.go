package flow

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/rawjson"
)

// Bounds of a file. A template with a hundred flows has a few megabytes, the deepest views of real
// flows some twenty levels.
const (
	// MaxFile is how many bytes a file may have.
	MaxFile     = 16 << 20
	maxNesting  = 100
	maxWrapping = 4 // texts within texts
)

// Read finds the flows in a file: one in a flow, in the answer of DescribeContactFlow or in an export
// of the older console, any number in a CloudFormation template. The content decides, not the
// file's name; a byte-order mark and UTF-16 are taken as PowerShell writes them. The findings say
// what could not be read; the flows beside it are returned nevertheless.
func Read(file string, data []byte) ([]Source, []Finding) {
	r := reader{file: file}
	if len(data) > MaxFile {
		r.broken("size", fmt.Sprintf("the file has %d bytes, more than the %d that are read", len(data), MaxFile), "split the template")
	} else {
		r.read(unmarked(data), place{source: Source{File: file}})
	}
	return r.sources, r.findings
}

// reader collects what one file gives.
type reader struct {
	file     string
	sources  []Source
	findings []Finding
}

// place is where in a file a text stands: the resource that it is the content of, and the path of
// the member that holds it.
type place struct {
	source Source
	member string
	depth  int
}

func (r *reader) broken(rule, text, remedy string) {
	r.findings = append(r.findings, Finding{Level: Broken, Rule: rule, File: r.file, Text: text, Remedy: remedy})
}

// refuse reports something about a place.
func (r *reader) refuse(at place, rule, text, remedy string) {
	r.broken(rule, text, remedy)
	last := &r.findings[len(r.findings)-1]
	last.Flow = at.source.named()
	if at.member != "" {
		last.Text = at.member + ": " + last.Text
	}
}

// resource is what DescribeContactFlow and DescribeContactFlowModule say of a flow. The same members
// stand around the content in files of many a pipeline.
type resource struct {
	ID      string `json:"Id"`
	ARN     string `json:"Arn"`
	Name    string
	Type    string
	Content json.RawMessage
}

// container has the members of every shape that a file may have. [encoding/json] does not mind the
// case of letters: the older export's type, version and metadata arrive in the members for the
// newer ones.
type container struct {
	Document
	resource
	ContactFlow, ContactFlowModule *resource
	Modules                        []legacyModule
	Start                          string
	Resources                      json.RawMessage // of CloudFormation
	Resource                       json.RawMessage // of Terraform
	Observations                   json.RawMessage // of a test case
}

// read reads a text that should be JSON.
func (r *reader) read(data []byte, at place) {
	data = bytes.TrimSpace(data)
	switch {
	case at.depth > maxWrapping:
		r.refuse(at, "wrapping", "texts within texts: the flow is wrapped too often", "extract the innermost Content")
		return
	case rawjson.Deeper(data, maxNesting):
		r.refuse(at, "size", fmt.Sprintf("objects and lists stand more than %d deep within each other", maxNesting), "no flow needs that: look for what repeats")
		return
	}
	var c container
	err := json.Unmarshal(data, &c)
	var syntax *json.SyntaxError
	var shape *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		r.notJSON(data, at, syntax)
		return
	case bytes.HasPrefix(data, []byte(`"`)):
		r.wrapped(data, at)
		return
	case errors.As(err, &shape) && strings.Contains(shape.Field, "Metadata"):
		// Metadata is opaque. Only the first mistake is told, so the members that count are read again.
		err = json.Unmarshal(data, &struct{ Actions []Action }{})
	}
	if c.isFlow() && errors.As(err, &shape) {
		r.refuse(at, "shape", fmt.Sprintf("line %d: %s is a JSON %s, which does not belong there", line(data, shape.Offset), fieldOf(shape), shape.Value),
			"compare the block with one that the flow designer exports")
		return
	}
	r.unpack(&c, data, at)
}

func (c *container) isFlow() bool {
	return c.Actions != nil || c.Modules != nil || c.StartAction != "" || c.Version == Version && c.Observations == nil
}

// unpack finds out which shape a file has.
func (r *reader) unpack(c *container, data []byte, at place) {
	switch {
	case c.Modules != nil && c.Actions == nil:
		at.source.describe(&c.resource)
		r.add(at.source, r.legacy(c, at))
	case c.isFlow():
		at.source.Size = utf8.RuneCount(data)
		at.source.describe(&c.resource)
		if string(c.Settings) == "null" {
			c.Settings = nil
		}
		r.add(at.source, c.Document)
	case c.ContactFlow != nil:
		r.content(c.ContactFlow, "ContactFlow.Content", at)
	case c.ContactFlowModule != nil:
		at.source.Kind = Module
		r.content(c.ContactFlowModule, "ContactFlowModule.Content", at)
	case c.Content != nil:
		r.content(&c.resource, "Content", at)
	case bytes.HasPrefix(c.Resources, []byte("{")):
		r.template(c.Resources)
	case bytes.Contains(c.Resource, []byte(`"aws_connect_contact_flow`)):
		r.refuse(at, "terraform", "this is a Terraform configuration", terraformRemedy)
	case c.Observations != nil:
		r.refuse(at, "no-flow", "this is a test case of Amazon Connect, not a flow", "keep it in the folder for tests")
	default:
		r.refuse(at, "no-flow", "this is JSON, but no contact flow: it has neither Actions nor Content", "export the flow in the flow designer, or take the answer of aws connect describe-contact-flow")
	}
}

// content reads the flow within a resource: a text, or an object.
func (r *reader) content(inner *resource, member string, at place) {
	at.source.describe(inner)
	at.member = joinMember(at.member, member)
	at.depth++
	switch {
	case len(inner.Content) == 0 || string(inner.Content) == "null" || string(inner.Content) == `""`:
		r.refuse(at, "no-content", "there is no flow in it", "describe the flow again; Amazon Connect leaves Content out for a flow that was never published")
	default:
		r.read(inner.Content, at)
	}
}

// wrapped reads a flow that stands in a JSON text, as aws connect describe-contact-flow prints it
// with --query ContactFlow.Content.
func (r *reader) wrapped(data []byte, at place) {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		r.refuse(at, "not-json", "this is no JSON: "+err.Error(), "export the flow again, as JSON")
		return
	}
	at.depth++
	r.read([]byte(text), at)
}

// add takes one more flow.
func (r *reader) add(s Source, d Document) {
	s.Document = d
	s.Kind = cmp.Or(s.Kind, kindNamed(d.Metadata.Type))
	r.sources = append(r.sources, s)
}

// describe takes over what is said about a resource, where nothing was said before.
func (s *Source) describe(from *resource) {
	s.ID, s.ARN, s.Name = cmp.Or(s.ID, from.ID), cmp.Or(s.ARN, from.ARN), cmp.Or(s.Name, from.Name)
	s.Kind = cmp.Or(s.Kind, kindNamed(from.Type))
}

// named is the name of a flow in a finding about its file.
func (s *Source) named() string { return cmp.Or(s.Name, s.Logical) }

// kindNamed reads the type of a flow, as the API spells it or as the flow designer does. It is empty
// for one that does not exist.
func kindNamed(name string) Kind {
	spelled := strings.ReplaceAll(name, "_", "")
	for _, k := range []Kind{
		Inbound, CustomerQueue, CustomerHold, CustomerWhisper, AgentHold, AgentWhisper, OutboundWhisper, AgentTransfer, QueueTransfer,
	} {
		if strings.EqualFold(spelled, strings.ReplaceAll(string(k), "_", "")) {
			return k
		}
	}
	return ""
}

const (
	terraformRemedy = "write the content of each aws_connect_contact_flow into a file of its own, or take the flow from the instance with aws connect describe-contact-flow"
	yamlRemedy      = "convert the template to JSON, for example with cfn-flip or cdk synth --json, or write the member Content of each flow into a file of its own"
)

// notJSON says what a text is instead, as far as that can be seen.
func (r *reader) notJSON(data []byte, at place, err *json.SyntaxError) {
	extension := strings.ToLower(filepath.Ext(r.file))
	switch {
	case len(data) == 0:
		r.refuse(at, "not-json", "there is nothing in it", "export the flow again")
	case at.depth == 0 && (extension == ".tf" || bytes.Contains(data, []byte(`"aws_connect_contact_flow`))):
		r.refuse(at, "terraform", "this is a Terraform configuration", terraformRemedy)
	case at.depth == 0 && (extension == ".yaml" || extension == ".yml" || bytes.Contains(data, []byte("AWS::Connect::ContactFlow"))):
		r.refuse(at, "yaml", "this is YAML, and flows are read from JSON only", yamlRemedy)
	default:
		r.refuse(at, "not-json", fmt.Sprintf("this is no JSON: line %d: %s", line(data, err.Offset), err), "export the flow again, as JSON")
	}
}

// line is the line of a place in a text, from 1.
func line(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:min(int(offset), len(data))], []byte("\n"))
}

// fieldOf is the path of the member that a decoder could not take.
func fieldOf(err *json.UnmarshalTypeError) string {
	name := err.Field
	for _, embedded := range []string{"Document.", "resource."} {
		name = strings.TrimPrefix(name, embedded)
	}
	if name == "" {
		return "the file"
	}
	return name
}

// joinMember is the path of a member within another.
func joinMember(outer, inner string) string {
	if outer == "" {
		return inner
	}
	return outer + "." + inner
}

// unmarked takes the byte-order mark away, and UTF-16 apart.
func unmarked(data []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return data
	}
	units := make([]uint16, 0, len(data)/2)
	for at := 2; at+1 < len(data); at += 2 {
		units = append(units, order.Uint16(data[at:]))
	}
	return []byte(string(utf16.Decode(units)))
}
