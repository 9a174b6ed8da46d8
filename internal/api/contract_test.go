package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/parley-chat/parley/internal/api"
)

// contract is openapi.yaml, to hold answers against. Objects have no members but those that
// are described, although the file leaves that open.
type contract struct {
	root       map[string]any
	compiler   *jsonschema.Compiler
	operations []*operation

	mu       sync.Mutex
	compiled map[string]*jsonschema.Schema
	seen     map[string]bool // "operationId status"
}

// operation is one call that is described.
type operation struct {
	id, method, path string
	segments         []string
	object           map[string]any
	pointer          string
	parameters       []map[string]any
}

const contractURL = "https://parley.test/openapi.json"

// theContract is read once: compiling the schemas takes a while.
var theContract = sync.OnceValue(func() *contract {
	var file any
	if err := yaml.Unmarshal(api.OpenAPI(), &file); err != nil {
		panic(err)
	}
	text, err := json.Marshal(file)
	if err != nil {
		panic(err)
	}
	read, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		panic(err)
	}
	closeObjects(read)
	c := &contract{compiler: jsonschema.NewCompiler(), compiled: map[string]*jsonschema.Schema{}, seen: map[string]bool{}}
	c.root = object(read)
	c.compiler.DefaultDraft(jsonschema.Draft2020)
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource(contractURL, read); err != nil {
		panic(err)
	}
	for path, item := range object(c.root["paths"]) {
		for method, op := range object(item) {
			if method == "parameters" {
				continue
			}
			described := object(op)
			o := &operation{
				id: text1(described["operationId"]), method: strings.ToUpper(method), path: path, segments: strings.Split(path, "/"),
				object: described, pointer: "/paths/" + escape(path) + "/" + method,
			}
			for _, parameter := range append(list(object(item)["parameters"]), list(described["parameters"])...) {
				resolved, _ := c.resolve("", object(parameter))
				o.parameters = append(o.parameters, resolved)
			}
			c.operations = append(c.operations, o)
		}
	}
	slices.SortFunc(c.operations, func(a, b *operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return c
})

func object(v any) map[string]any { m, _ := v.(map[string]any); return m }
func list(v any) []any            { l, _ := v.([]any); return l }
func text1(v any) string          { s, _ := v.(string); return s }

// clean takes needless slashes out of a path.
func clean(p string) string { return path.Clean(p) }

func escape(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}

// closeObjects makes members that are not described mistakes.
func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, open := v["additionalProperties"]; v["type"] == "object" && v["properties"] != nil && !open {
			v["additionalProperties"] = false
		}
		for _, member := range v {
			closeObjects(member)
		}
	case []any:
		for _, member := range v {
			closeObjects(member)
		}
	}
}

// resolve follows a reference, and says where it has led.
func (c *contract) resolve(pointer string, v map[string]any) (map[string]any, string) {
	ref, ok := v["$ref"].(string)
	if !ok {
		return v, pointer
	}
	at := any(c.root)
	for name := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		at = object(at)[name]
	}
	return object(at), strings.TrimPrefix(ref, "#")
}

// find returns the operation of a request; nil when none is described.
func (c *contract) find(method, path string) *operation {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	segments := strings.Split(clean(path), "/")
	var found *operation
	for _, o := range c.operations {
		if o.method != method || len(o.segments) != len(segments) {
			continue
		}
		matches, exact := true, true
		for i, s := range o.segments {
			if strings.HasPrefix(s, "{") {
				exact = false
			} else if s != segments[i] {
				matches = false
			}
		}
		if matches && (found == nil || exact) {
			found = o
		}
	}
	return found
}

func (c *contract) schema(pointer string) (*jsonschema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.compiled[pointer]; known != nil {
		return known, nil
	}
	compiled, err := c.compiler.Compile(contractURL + "#" + pointer)
	if err == nil {
		c.compiled[pointer] = compiled
	}
	return compiled, err
}

// checkJSON holds a text against a schema.
func (c *contract) checkJSON(pointer string, text []byte) error {
	schema, err := c.schema(pointer)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// checkRequest holds a body against what is described.
func (c *contract) checkRequest(o *operation, body []byte) error {
	return c.checkJSON(o.pointer+"/requestBody/content/application~1json/schema", body)
}

// checkAnswer holds an answer against what is described for its request.
func (c *contract) checkAnswer(o *operation, status int, header http.Header, body []byte) error {
	key := fmt.Sprint(status)
	described, ok := object(o.object["responses"])[key]
	if !ok {
		return fmt.Errorf("%s does not describe the status %d", o.id, status)
	}
	c.mu.Lock()
	c.seen[o.id+" "+key] = true
	c.mu.Unlock()
	response, pointer := c.resolve(o.pointer+"/responses/"+key, object(described))
	content := object(response["content"])
	if content == nil {
		if len(body) > 0 {
			return fmt.Errorf("%s answers %d with a body that is not described: %.200q", o.id, status, body)
		}
		return nil
	}
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return err
	}
	if _, ok := content[kind]; !ok {
		return fmt.Errorf("%s does not describe the type %q of %d", o.id, kind, status)
	}
	if kind != "application/json" {
		return nil
	}
	return c.checkJSON(pointer+"/content/application~1json/schema", body)
}

// unseen are the answers that are described and that no test has seen.
func (c *contract) unseen() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var missing []string
	for _, o := range c.operations {
		for status := range object(o.object["responses"]) {
			if answer := o.id + " " + status; !c.seen[answer] && answer != "superviseContact 409" { // that needs a race
				missing = append(missing, answer)
			}
		}
	}
	slices.Sort(missing)
	return missing
}

func TestDescriptionMatchesEndpoints(t *testing.T) {
	t.Parallel()
	served, err := api.New(api.Config{Events: api.NewEvents()})
	if err != nil {
		t.Fatal(err)
	}
	var described []string
	ids := map[string]bool{}
	for _, o := range theContract().operations {
		described = append(described, o.method+" "+o.path)
		if o.id == "" || ids[o.id] || o.object["summary"] == nil || len(list(o.object["tags"])) != 1 {
			t.Errorf("%s %s has no operationId of its own, no summary or no tag", o.method, o.path)
		}
		ids[o.id] = true
		if secured := len(list(o.object["security"])) == 2; secured != (o.method != http.MethodGet) {
			t.Errorf("%s: what it says of who may call is wrong", o.id)
		}
		var named []string
		for _, p := range o.parameters {
			if p["in"] == "path" {
				named = append(named, "{"+text1(p["name"])+"}")
			}
		}
		var wanted []string
		for _, s := range o.segments {
			if strings.HasPrefix(s, "{") {
				wanted = append(wanted, s)
			}
		}
		slices.Sort(named)
		slices.Sort(wanted)
		if diff := cmp.Diff(wanted, named); diff != "" {
			t.Errorf("%s: parameters (-want +got):\n%s", o.id, diff)
		}
	}
	patterns := served.Patterns()
	slices.Sort(patterns)
	slices.Sort(described)
	if diff := cmp.Diff(patterns, described); diff != "" {
		t.Errorf("endpoints and openapi.yaml (-served +described):\n%s", diff)
	}
}

// What the description shows as examples can be sent.
func TestDescribedExamples(t *testing.T) {
	t.Parallel()
	c, checked := theContract(), 0
	for _, o := range c.operations {
		body := object(object(object(o.object["requestBody"])["content"])["application/json"])
		examples := map[string]any{"": map[string]any{"value": body["example"]}}
		maps.Copy(examples, object(body["examples"]))
		for name, example := range examples {
			value := object(example)["value"]
			if value == nil {
				continue
			}
			text, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.checkRequest(o, text); err != nil {
				t.Errorf("%s, example %q: %v", o.id, name, err)
			}
			checked++
		}
	}
	if checked < 8 {
		t.Errorf("only %d examples were found", checked)
	}
}

// Every operation describes that it answers for no other host, which redocly's strict set wants
// of calls that are never wrong otherwise.
func TestRowB6ForeignHosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	for _, o := range theContract().operations {
		address := strings.NewReplacer("{", "", "}", "").Replace(o.path)
		if got := w.raw(o.method, address, nil, "Host", "rebound.test"); got.Status != http.StatusForbidden || !bytes.Contains(got.Body, []byte("HostNotAllowed")) {
			t.Errorf("%s %s: %d %s", o.method, o.path, got.Status, got.Body)
		}
	}
}

// Generators make a type of each parameter and of each schema, in one namespace.
func TestRowB6NamesOfComponents(t *testing.T) {
	t.Parallel()
	components := object(theContract().root["components"])
	for name := range object(components["parameters"]) {
		for _, kind := range []string{"schemas", "responses"} {
			if _, both := object(components[kind])[name]; both {
				t.Errorf("%s names a parameter and one of the %s", name, kind)
			}
		}
	}
}
