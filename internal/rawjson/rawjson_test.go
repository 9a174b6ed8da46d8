package rawjson_test

import (
	"encoding/json"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/rawjson"
)

func TestMembers(t *testing.T) {
	t.Parallel()
	const doc = " { \"a\" : \"x\\\"}\" ,\"b\\u00e9\":[1,{\"c\":\"]\"}],\n\"n\":-1.5e3 , \"e\":{}, \"t\":true,\"z\":null } "
	got := map[string]string{}
	for name, value := range rawjson.Members(jsontext.Value(doc)) {
		got[name] = string(value)
	}
	want := map[string]string{
		"a": `"x\"}"`, "bé": `[1,{"c":"]"}]`, "n": "-1.5e3", "e": "{}", "t": "true", "z": "null",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

func TestMember(t *testing.T) {
	t.Parallel()
	object := jsontext.Value(`{"a":1,"b":{"a":2}}`)
	for name, want := range map[string]string{"a": "1", "b": `{"a":2}`, "c": ""} {
		if got := rawjson.Member(object, name); string(got) != want {
			t.Errorf("member %s = %s, want %s", name, got, want)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{`"a"`: "a", `"a\n\u00e9"`: "a\né", `""`: "", `7`: "", `null`: "", ``: ""} {
		if got := rawjson.Text(jsontext.Value(raw)); got != want {
			t.Errorf("Text(%s) = %q, want %q", raw, got, want)
		}
		if got := rawjson.TextLength(jsontext.Value(raw)); got != len(want) {
			t.Errorf("TextLength(%s) = %d, want %d", raw, got, len(want))
		}
	}
}

// On valid JSON the walk must see what encoding/json sees; on anything it must not panic.
func FuzzWalk(f *testing.F) {
	for _, seed := range []string{`{}`, `[]`, `{"a":[{"b":"\\"}]}`, `[1,"]",{"x":[]}]`, `{"a"`, `[`, `{"a":`, `"`, `{"\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		raw := jsontext.Value(doc)
		var members map[string]json.RawMessage
		got := map[string]json.RawMessage{}
		for name, value := range rawjson.Members(raw) {
			got[name] = json.RawMessage(value)
		}
		if raw.IsValid() && raw.Kind() == '{' {
			if err := json.Unmarshal([]byte(doc), &members); err != nil {
				return // a name that encoding/json does not take
			}
			if diff := cmp.Diff(members, got); diff != "" {
				t.Errorf("members of %q (-want +got):\n%s", doc, diff)
			}
		}
		var items []json.RawMessage
		walked := []json.RawMessage{}
		for value := range rawjson.Items(raw) {
			walked = append(walked, json.RawMessage(value))
		}
		if raw.IsValid() && raw.Kind() == '[' {
			if err := json.Unmarshal([]byte(doc), &items); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(items, walked); diff != "" {
				t.Errorf("items of %q (-want +got):\n%s", doc, diff)
			}
		}
	})
}

// A pointer is written as members are named elsewhere, its escapes undone.
func TestPath(t *testing.T) {
	t.Parallel()
	for pointer, want := range map[jsontext.Pointer]string{
		"": "", "/MaxResults": "MaxResults", "/StartPosition/Id": "StartPosition.Id", "/Attributes/a~1b": "Attributes.a/b", "/a/\xff": "a.\uFFFD",
	} {
		if got := rawjson.Path(pointer); got != want {
			t.Errorf("%q is %q, want %q", pointer, got, want)
		}
	}
}

// Depth is counted outside of texts, and of a text that is not valid as well.
func TestDeeper(t *testing.T) {
	t.Parallel()
	for text, deep := range map[string]bool{`{"a":[1]}`: false, `{"a":[[1]]}`: true, `{"[[[\"[[":["[["]}`: false, `[[],[[`: true, `]]]`: false} {
		if got := rawjson.Deeper([]byte(text), 2); got != deep {
			t.Errorf("%s: %t", text, got)
		}
	}
}
