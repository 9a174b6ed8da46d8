package flow

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
)

// hello is the smallest flow that says something.
const hello = `{"Version":"2019-10-30","StartAction":"say","Metadata":{"name":"Hello","type":"customerQueue"},"Actions":[
{"Identifier":"say","Type":"MessageParticipant","Parameters":{"Text":"Hello"},"Transitions":{"NextAction":"end"}},
{"Identifier":"end","Type":"EndFlowExecution","Transitions":{}}]}`

// quote is a text as JSON.
func quote(text string) string {
	data, _ := json.Marshal(text) // a text has no JSON error
	return string(data)
}

// wide is a text in UTF-16 with a byte-order mark.
func wide(text string, order binary.AppendByteOrder) string {
	data := order.AppendUint16(nil, 0xfeff)
	for _, unit := range utf16.Encode([]rune(text)) {
		data = order.AppendUint16(data, unit)
	}
	return string(data)
}

func TestReadShapes(t *testing.T) {
	t.Parallel()
	flow := `"Arn":"arn:aws:connect:us-east-1:1:instance/i/contact-flow/f","Id":"f","Name":"Mine","Type":"AGENT_WHISPER","Content":` + quote(hello)
	for _, test := range []struct {
		name, data string
		want       string // id, name and kind
	}{
		{"flow", hello, "|Hello|CUSTOMER_QUEUE"},
		{"byte-order mark", "\xef\xbb\xbf" + hello, "|Hello|CUSTOMER_QUEUE"},
		{"UTF-16 of PowerShell", wide(hello, binary.LittleEndian), "|Hello|CUSTOMER_QUEUE"},
		{"UTF-16, big end first", wide(hello, binary.BigEndian), "|Hello|CUSTOMER_QUEUE"},
		{"JSON text", quote(hello), "|Hello|CUSTOMER_QUEUE"},
		{"DescribeContactFlow", `{"ContactFlow":{` + flow + `}}`, "f|Mine|AGENT_WHISPER"},
		{"DescribeContactFlowModule", `{"ContactFlowModule":{"Id":"m","Name":"Part","Content":` + quote(hello) + `}}`, "m|Part|MODULE"},
		{"its inner object", `{` + flow + `}`, "f|Mine|AGENT_WHISPER"},
		{"Content as a text", `{"Content":` + quote(hello) + `}`, "|Hello|CUSTOMER_QUEUE"},
		{"Content as an object", `{"Name":"Other","Content":` + hello + `}`, "|Other|CUSTOMER_QUEUE"},
		{"Content within Content", `{"Content":` + quote(`{"Content":`+quote(hello)+`}`) + `}`, "|Hello|CUSTOMER_QUEUE"},
		{"metadata of other shapes", strings.Replace(hello, `"name":"Hello"`, `"name":7,"ActionMetadata":[1]`, 1), "|file|CUSTOMER_QUEUE"},
		{"Settings null", strings.Replace(hello, `{"Version"`, `{"Settings":null,"Version"`, 1), "|Hello|CUSTOMER_QUEUE"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sources, findings := Read("file", []byte(test.data))
			if len(findings) > 0 || len(sources) != 1 {
				t.Fatalf("%d flows, findings %v", len(sources), findings)
			}
			p, findings := Compile(sources[0])
			if p == nil || len(p.nodes) != 2 {
				t.Fatalf("not ready: %v", findings)
			}
			if got := fmt.Sprintf("%s|%s|%s", p.source.ID, p.Name(), p.Kind()); got != test.want {
				t.Errorf("read as %s, want %s", got, test.want)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"Content":`, maxNesting+1) + "1" + strings.Repeat("}", maxNesting+1)
	wrapped := hello
	for range maxWrapping + 1 {
		wrapped = quote(wrapped)
	}
	for _, test := range []struct {
		name, file, data string
		rule, text       string
	}{
		{"nothing", "flow", "", "not-json", "there is nothing in it"},
		{"no JSON", "flow", "{\n\"Version\": \"2019-10-30\",\n}", "not-json", "line 3"},
		{"half a file", "flow", hello[:100], "not-json", "no JSON"},
		{"prose", "README", "# My flows", "not-json", "no JSON"},
		{"YAML by name", "stack.yaml", "Resources:\n  A:\n    Type: X\n", "yaml", "YAML"},
		{"YAML by content", "stack", "Resources:\n  A:\n    Type: AWS::Connect::ContactFlow\n", "yaml", "YAML"},
		{"Terraform", "main.tf", `resource "aws_connect_contact_flow" "main" {}`, "terraform", "Terraform"},
		{"Terraform as JSON", "main.tf.json", `{"resource":{"aws_connect_contact_flow":{"main":{"content":"{}"}}}}`, "terraform", "Terraform"},
		{"other JSON", "package.json", `{"name":"site","version":"1.0.0","type":"module","metadata":"x"}`, "no-flow", "no contact flow"},
		{"a list", "list", `[1,2]`, "no-flow", "no contact flow"},
		{"a number", "n", `7`, "no-flow", "no contact flow"},
		{"a text", "text", `"hello"`, "not-json", "no JSON"},
		{"a test case", "case", `{"Version":"2019-10-30","Observations":[]}`, "no-flow", "test case"},
		{"never published", "flow", `{"ContactFlow":{"Id":"f","Name":"Mine"}}`, "no-content", "ContactFlow.Content: there is no flow"},
		{"empty Content", "flow", `{"ContactFlow":{"Id":"f","Name":"Mine","Content":""}}`, "no-content", "ContactFlow.Content: there is no flow"},
		{"bad Content", "flow", `{"Name":"Mine","Content":"{\n]"}`, "not-json", "Content: this is no JSON: line 2"},
		{"a list of parameters", "flow", strings.Replace(hello, `{"Text":"Hello"}`, "[\n1]", 1), "shape", "line 2: Actions.Parameters is a JSON array"},
		{"both mistakes", "flow", strings.Replace(strings.Replace(hello, `"Hello"`, `7`, 1), `{"Text":"Hello"}`, "7", 1), "shape", "Actions.Parameters"},
		{"a number as Identifier", "flow", strings.Replace(hello, `"Identifier":"say"`, `"Identifier":7`, 1), "shape", "Actions.Identifier is a JSON number"},
		{"too deep", "flow", deep, "size", "deep within each other"},
		{"too big", "flow", strings.Repeat(" ", MaxFile+1), "size", "bytes"},
		{"wrapped too often", "flow", wrapped, "wrapping", "wrapped too often"},
		{"a template without flows", "t", `{"Resources":{"A":{"Type":"AWS::S3::Bucket"},"Fn::ForEach::B":[1]}}`, "no-flow", "template"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sources, findings := Read(test.file, []byte(test.data))
			if len(sources) > 0 || len(findings) != 1 {
				t.Fatalf("%d flows, findings %v", len(sources), findings)
			}
			f := findings[0]
			if f.Level != Broken || f.Rule != test.rule || f.File != test.file || f.Remedy == "" || !strings.Contains(f.Text, test.text) {
				t.Errorf("%s %s: %s", f.Level, f.Rule, f)
			}
		})
	}
}

func TestTemplateJoins(t *testing.T) {
	t.Parallel()
	before, after, _ := strings.Cut(strings.ReplaceAll(hello, `"Text":"Hello"`, `"Text":"#"`), "#")
	for _, test := range []struct{ name, content, want string }{
		{"text", quote(hello), "Hello"},
		{"Fn::Sub", `{"Fn::Sub":` + quote(before+`${Q.Arn} ${!Kept} ${AWS::Region}`+after) + `}`, "${Q.Arn} ${Kept} ${AWS::Region}"},
		{"Fn::Sub with values", `{"Fn::Sub":[` + quote(before+`${A}|${B}|${C}`+after) + `,{"A":"a","B":{"Fn::GetAtt":["Q","Arn"]}}]}`, "a|${Q.Arn}|${C}"},
		{"Fn::Sub without values", `{"Fn::Sub":[` + quote(hello) + `]}`, "Hello"},
		{"Fn::Join", `{"Fn::Join":["",[` + quote(before) + `,{"Ref":"P"},"-",{"Fn::GetAtt":"Q.Arn"},"-",{"Fn::ImportValue":"E"},` + quote(after) + `]]}`, "${P}-${Q.Arn}-${E}"},
		{"Fn::Join within Fn::Join", `{"Fn::Join":["",[` + quote(before) + `,{"Fn::Join":["/",["a",1,{"Fn::Sub":"${B}"}]]},` + quote(after) + `]]}`, "a/1/${B}"},
		{"Fn::ToJsonString", `{"Fn::ToJsonString":` + strings.Replace(hello, `"Hello"}`, `{"Fn::Join":["",["a",{"Ref":"B"}]]}}`, 1) + `}`, "a${B}"},
		{"object", strings.Replace(hello, `"Hello"}`, `{"Fn::Sub":"${B}"}}`, 1), "${B}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sources, findings := Read("stack.json", []byte(`{"Resources":{
				"Main":{"Type":"AWS::Connect::ContactFlow","Properties":{"Name":{"Fn::Sub":"${AWS::StackName}-main"},"Type":"CONTACT_FLOW","Content":`+test.content+`}},
				"Part":{"Type":"AWS::Connect::ContactFlowModule","Properties":{"Content":`+test.content+`}}}}`))
			if len(findings) > 0 || len(sources) != 2 {
				t.Fatalf("%d flows, findings %v", len(sources), findings)
			}
			main, part := sources[0], sources[1]
			if main.Logical != "Main" || main.Name != "${AWS::StackName}-main" || main.Kind != Inbound || main.Key() != "stack.json#Main" {
				t.Errorf("the flow is %q %q %q %q", main.Logical, main.Name, main.Kind, main.Key())
			}
			if part.Logical != "Part" || part.Kind != Module {
				t.Errorf("the module is %q %q", part.Logical, part.Kind)
			}
			if got := main.Document.Actions[0].Parameters["Text"]; got != test.want {
				t.Errorf("joined to %q, want %q", got, test.want)
			}
		})
	}
}

func TestTemplateRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, properties, rule, text string }{
		{"no content", `{}`, "no-content", "Resources.Main.Properties.Content: the resource has no Content"},
		{"elsewhere", `{"Content":{"Ref":"FlowContent"}}`, "cannot-join", `stands elsewhere: "${FlowContent}"`},
		{"a condition", `{"Content":{"Fn::Join":["",["{",{"Fn::If":["A","b","c"]},"}"]]}}`, "cannot-join", "Resources.Main.Properties.Content.Fn::Join[1][1].Fn::If: Fn::If is known only when the template is deployed"},
		{"a condition in a map", `{"Content":{"Actions":[{"Type":{"Fn::FindInMap":["a","b","c"]}}]}}`, "cannot-join", "Content.Fn::ToJsonString.Actions[0].Type.Fn::FindInMap"},
		{"a value of Fn::Sub", `{"Content":{"Fn::Sub":["{${A}}",{"A":{"Fn::Select":[0,["a"]]}}]}}`, "cannot-join", "Fn::Sub[1].A.Fn::Select"},
		{"a list", `{"Content":["{}"]}`, "cannot-join", "a list has no text"},
		{"Fn::Sub of a number", `{"Content":{"Fn::Sub":7}}`, "cannot-join", "Fn::Sub: a text belongs here"},
		{"Fn::Join of a text", `{"Content":{"Fn::Join":"x"}}`, "cannot-join", "a separator and a list"},
		{"no JSON after joining", `{"Content":{"Fn::Sub":"{${A}"}}`, "not-json", "Resources.Main.Properties.Content: this is no JSON"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sources, findings := Read("stack.json", []byte(`{"Resources":{
				"Good":{"Type":"AWS::Connect::ContactFlow","Properties":{"Content":`+quote(hello)+`}},
				"Main":{"Type":"AWS::Connect::ContactFlow","Properties":`+test.properties+`}}}`))
			if len(sources) != 1 || sources[0].Logical != "Good" || len(findings) != 1 {
				t.Fatalf("%d flows, findings %v", len(sources), findings)
			}
			if f := findings[0]; f.Level != Broken || f.Rule != test.rule || f.Flow != "Main" || !strings.Contains(f.Text, test.text) {
				t.Errorf("%s %s: %s", f.Level, f.Rule, f)
			}
		})
	}
}

func TestLogical(t *testing.T) {
	t.Parallel()
	for reference, want := range map[string]string{
		"${Main}": "Main", "${Main.ContactFlowArn}": "Main", "Main": "", "${}": "", "${a}${b}": "", "x${a}": "", "": "",
	} {
		if got := Logical(reference); got != want {
			t.Errorf("Logical(%q) is %q, want %q", reference, got, want)
		}
	}
}
