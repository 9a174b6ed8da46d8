package flowdraw

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/flow"
)

func document(t *testing.T, text string) *flow.Document {
	t.Helper()
	var d flow.Document
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	return &d
}

const loop = `{"Version":"2019-10-30","StartAction":"hello","Actions":[
 {"Identifier":"hello","Type":"MessageParticipant","Parameters":{"Text":"Hello, <b>you</b> & \"them\"\u0001"},"Transitions":{"NextAction":"ask"}},
 {"Identifier":"ask","Type":"GetParticipantInput","Transitions":{"NextAction":"gone",
  "Conditions":[{"NextAction":"hello","Condition":{"Operator":"Equals","Operands":["1"]}},
   {"NextAction":"end","Condition":{"Operator":"NumberGreaterThan","Operands":["1"]}}],
  "Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]}},
 {"Identifier":"end","Type":"DisconnectParticipant","Transitions":{}},
 {"Identifier":"lost","Type":"DisconnectParticipant","Transitions":{}}]}`

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares a drawing with its file.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(name, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; it was looked at as a picture, -update rewrites it:\n%s", name, got)
	}
}

func TestSVG(t *testing.T) {
	t.Parallel()
	got := SVG("A <flow>", document(t, loop), Marks{})
	golden(t, "loop.svg", got)
	wellFormed(t, got)
}

func TestMermaid(t *testing.T) {
	t.Parallel()
	golden(t, "loop.mmd", Mermaid(document(t, loop)))
}

// TestMarks marks one block and one branch.
func TestMarks(t *testing.T) {
	t.Parallel()
	got := string(SVG("", document(t, loop), Marks{
		Block: func(id string) string { return map[string]string{"ask": "seen"}[id] },
		Branch: func(id string, branch int) string {
			return map[string]string{"ask 1": "taken"}[fmt.Sprint(id, " ", branch)]
		},
		Style: ".seen { fill: red }",
	}))
	for text, want := range map[string]int{
		`class="block seen"`: 1, `class="block start"`: 1, `class="branch taken"`: 1, `class="link taken"`: 1, ".seen { fill: red }</style>": 1,
	} {
		if n := strings.Count(got, text); n != want {
			t.Errorf("%s stands there %d times, want %d", text, n, want)
		}
	}
}

// TestLayoutKeeps has the places of the file, spread so that no blocks overlap; blocks on top of each
// other are put into columns.
func TestLayoutKeeps(t *testing.T) {
	t.Parallel()
	d := document(t, loop)
	d.Metadata.ActionMetadata = map[string]flow.ActionMetadata{
		"hello": {Position: &flow.Position{X: -100, Y: 50}}, "ask": {Position: &flow.Position{X: 200, Y: 50}},
		"end": {Position: &flow.Position{X: 200, Y: 150}}, "lost": {Position: &flow.Position{X: 500, Y: 50}},
	}
	boxes := layout(d)
	if hello, ask, end := boxes[0], boxes[1], boxes[2]; hello.point != (point{margin, margin}) || ask.x != margin+300 || ask.y != margin || end.x != ask.x || end.y < ask.y+ask.height() {
		t.Errorf("%+v", boxes)
	}
	d.Metadata.ActionMetadata["end"] = d.Metadata.ActionMetadata["ask"]
	if boxes := layout(d); boxes[2].x <= boxes[1].x {
		t.Errorf("end stands on ask: %+v", boxes)
	}
}

// TestLayoutOfSamples looks at the samples as they are and without positions.
func TestLayoutOfSamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../examples/flows/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no samples", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources, _ := flow.Read(file, data)
		d := sources[0].Document
		for _, positions := range []bool{true, false} {
			if !positions {
				d.Metadata.ActionMetadata = nil
			}
			boxes := layout(&d)
			apartFromEachOther(t, file, boxes)
			links := 0
			for i := range boxes {
				links += len(boxes[i].branches)
			}
			drawing := SVG(file, &d, Marks{})
			wellFormed(t, drawing)
			if n := bytes.Count(drawing, []byte("marker-end")); n != links {
				t.Errorf("%s has %d branches, and %d were drawn", file, links, n)
			}
		}
	}
}

func apartFromEachOther(t *testing.T, name string, boxes []box) {
	t.Helper()
	for i := range boxes {
		for j := range boxes[:i] {
			a, b := &boxes[i], &boxes[j]
			if a.x < b.x+width && b.x < a.x+width && a.y < b.y+b.height() && b.y < a.y+a.height() {
				t.Errorf("%s: %q and %q overlap", name, a.action.Identifier, b.action.Identifier)
			}
		}
	}
}

func wellFormed(t *testing.T, text []byte) {
	t.Helper()
	for decoder := xml.NewDecoder(bytes.NewReader(text)); ; {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
