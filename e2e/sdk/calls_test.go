package sdk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/connect"
	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/emulator"
)

// call is an operation of the table of calls, which both clients make one after the other. A text $name
// is what an earlier call answered, by its Keep; Answer has values at paths of the answer, in which *
// stands for each item of a list; Error is the exception that refuses the call.
type call struct {
	Call   string
	Input  map[string]any
	Error  string
	Keep   map[string]string
	Answer map[string]any
}

// The generated client makes the calls of the table, accepted and refused, as the client for JavaScript
// does in e2e/chat/operations.test.js.
func TestResourceCalls(t *testing.T) {
	environment(t)
	_, address := startEmbedded(t, emulator.Config{Ephemeral: true})
	client := connectAt(address)
	table, err := os.ReadFile("testdata/resources.json")
	if err != nil {
		t.Fatal(err)
	}
	var calls []call
	if err := json.Unmarshal(table, &calls); err != nil {
		t.Fatal(err)
	}
	kept := map[string]any{}
	accepted, denied := map[string]bool{}, map[string]bool{}
	for _, c := range calls {
		out, err := makeCall(t.Context(), client, c.Call, filled(c.Input, kept).(map[string]any))
		if c.Error != "" {
			refuses(t, fmt.Sprint(c.Call, " ", c.Input), c.Error, err)
			denied[c.Call] = true
			continue
		}
		if err != nil {
			t.Fatalf("%s %v: %v", c.Call, c.Input, err)
		}
		accepted[c.Call] = true
		for name, path := range c.Keep {
			kept[name] = at(out, path)
		}
		for path, want := range c.Answer {
			if diff := cmp.Diff(filled(want, kept), at(out, path)); diff != "" {
				t.Errorf("%s: %s: %s", c.Call, path, diff)
			}
		}
	}
	if diff := cmp.Diff(accepted, denied); diff != "" {
		t.Errorf("operations that are accepted or refused only: %s", diff)
	}
}

// makeCall makes a call of the generated client by the names of the API. The answer is JSON's.
func makeCall(ctx context.Context, client *connect.Client, name string, input map[string]any) (out any, err error) {
	method := reflect.ValueOf(client).MethodByName(name)
	if !method.IsValid() {
		return nil, fmt.Errorf("the client has no %s", name)
	}
	input["InstanceId"] = emulator.DefaultInstanceID
	text, err := json.Marshal(input)
	if err != nil {
		return nil, err
	}
	in := reflect.New(method.Type().In(1).Elem())
	if err := json.Unmarshal(text, in.Interface()); err != nil {
		return nil, err
	}
	results := method.Call([]reflect.Value{reflect.ValueOf(ctx), in})
	if err, _ := reflect.TypeAssert[error](results[1]); err != nil {
		return nil, err
	}
	if text, err = json.Marshal(results[0].Interface()); err != nil {
		return nil, err
	}
	return out, json.Unmarshal(text, &out)
}

// filled is a value of the table with what earlier calls answered in the place of $names.
func filled(value any, kept map[string]any) any {
	switch value := value.(type) {
	case string:
		if name, ok := strings.CutPrefix(value, "$"); ok {
			return kept[name]
		}
	case []any:
		list := make([]any, len(value))
		for i := range value {
			list[i] = filled(value[i], kept)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(value))
		for name := range value {
			object[name] = filled(value[name], kept)
		}
		return object
	}
	return value
}

// at is what an answer has at a path; a list that is missing is an empty one.
func at(answer any, path string) any {
	if path == "" {
		return answer
	}
	name, rest, _ := strings.Cut(path, ".")
	list, _ := answer.([]any)
	object, _ := answer.(map[string]any)
	switch place, err := strconv.Atoi(name); {
	case name == "*":
		all := []any{}
		for _, item := range list {
			all = append(all, at(item, rest))
		}
		return all
	case name == "length":
		return float64(len(list))
	case err == nil && place < len(list):
		return at(list[place], rest)
	}
	return at(object[name], rest)
}
