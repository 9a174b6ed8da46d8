package inspect_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/inspect"
)

const (
	// canary is a token as the service makes them, long enough to show its end.
	canary = "QVFJREFIcanary0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ_end1"
	// odd is a secret that does not look like one.
	odd = "correct horse battery staple"
	// plainCanary is a secret in one word, without a known beginning.
	plainCanary = "zq0canary-77-word"
	jwt         = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJwYXQifQ.c2lnbmF0dXJlLWNhbmFyeQ"
)

func TestMask(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", `{"Content":"hello","N":[1,2.5e3,true,null]}`, `{"Content":"hello","N":[1,2.5e3,true,null]}`},
		{"a member", `{"ParticipantToken":"` + canary + `"}`, `{"ParticipantToken":"•••end1"}`},
		{"a short one", `{"ConnectionToken":"abc"}`, `{"ConnectionToken":"•••"}`},
		{"an empty one", `{"ConnectionToken":""}`, `{"ConnectionToken":""}`},
		{"any case", `{"participant_token" : "abc", "PASSWORD":"x"}`, `{"participant_token" : "•••", "PASSWORD":"•••"}`},
		{"a number", `{"AuthToken":12345}`, `{"AuthToken":"•••"}`},
		{"an object", `{"Tokens":{"a":["x",{"b":"y"}],"c":null}}`, `{"Tokens":{"a":["•••",{"b":"•••"}],"c":null}}`},
		{"tokens that are none", `{"ClientToken":"c","NextToken":"n"}`, `{"ClientToken":"c","NextToken":"n"}`},
		{"in any text", `{"Content":"mine is ` + canary + `, yours?"}`, `{"Content":"mine is •••end1, yours?"}`},
		{"a name that is one", `{"` + canary + `":1}`, `{"•••end1":1}`},
		{"an escaped name", `{"Participant\u0054oken":"secret\u0021"}`, `{"Participant\u0054oken":"•••"}`},
		{
			"JSON in a string", `{"content":"{\"ParticipantToken\":\"` + canary + `\",\"a\":\"\\u00e9\"}"}`,
			`{"content":"{\"ParticipantToken\":\"•••end1\",\"a\":\"\\u00e9\"}"}`,
		},
		{
			"a socket's address", `{"Url":"ws://127.0.0.1:3000/participant/websocket?t=` + canary + `"}`,
			`{"Url":"ws://127.0.0.1:3000/participant/websocket?t=•••end1"}`,
		},
		{"a short ticket", `see ws://h/participant/websocket?t=abc&x=1`, `see ws://h/participant/websocket?t=•••&x=1`},
		{"a time in a video", `see https://video.example/?t=90s`, `see https://video.example/?t=90s`},
		{
			"an attachment's address", `{"Url":"http://h/attachments/1?expires=5\u0026signature=abcdef"}`,
			`{"Url":"http://h/attachments/1?expires=5&signature=•••"}`,
		},
		{
			"an address of AWS", `https://b.s3.amazonaws.com/f?X-Amz-Security-Token=abc&X-Amz-Credential=AKIA%2F2026&X-Amz-Signature=0f0f&X-Amz-Date=1`,
			`https://b.s3.amazonaws.com/f?X-Amz-Security-Token=•••&X-Amz-Credential=•••&X-Amz-Signature=•••&X-Amz-Date=1`,
		},
		{"an address in an address", `http://h/login?next=http%3A%2F%2Fh%2Fchat%3Ftoken%3Dabc%26x%3D1`, `http://h/login?next=http%3A%2F%2Fh%2Fchat%3Ftoken%3D•••%26x%3D1`},
		{"a password in an address", `http://pat:secret@h/`, `http://•••@h/`},
		{"a form", `customerName=Pat&participantToken=abc&x=1`, `customerName=Pat&participantToken=•••&x=1`},
		{"a header in a text", "Authorization: Bearer abc def\nX: 1", "Authorization: •••\nX: 1"},
		{"a scheme", "used Bearer abcd1234 for it", "used Bearer ••• for it"},
		{"a bearer of news", "the bearer of news", "the bearer of news"},
		{"a JWT", "got " + jwt + ".", "got •••" + "ary."},
		{"a log line", `token="a b c" done`, `token="•••" done`},
		{"JSON that was cut off", `{"a":{"ParticipantToken":"` + canary + `","b":"x`, `{"a":{"ParticipantToken":"•••end1","b":"x`},
		{"a secret that was cut off", `{"a":{"ParticipantToken":"abc`, `{"a":{"ParticipantToken":"•••`},
		{"an escaped name that was cut off", `{"Participant\u0054oken":"abc","b":"x`, `{"ParticipantToken":"•••","b":"x`},
		{"JSON in a string that was cut off", `{"c":"{\"ParticipantToken\":\"ab\\\"cd\",\"x\":\"`, `{"c":"{\"ParticipantToken\":\"•••\",\"x\":\"`},
		{"an object that was cut off", `{"Tokens":{"a":"b","c":"}x`, `{"Tokens":•••`},
		{"two documents", `{"a":1}{"ParticipantToken":"abc"}`, `{"a":1}{"ParticipantToken":"•••"}`},
		{"not JSON", `{it's "ParticipantToken":"abc"}`, `{it's "ParticipantToken":"•••"}`},
	} {
		got := inspect.MaskAll(tt.text)[0]
		if tt.name == "a JWT" { // ends as it may
			if strings.Contains(got, jwt[10:]) || !strings.HasPrefix(got, "got •••") {
				t.Errorf("%s: %s", tt.name, got)
			}
			continue
		}
		if got != tt.want {
			t.Errorf("%s: %s\ngot  %s\nwant %s", tt.name, tt.text, got, tt.want)
		}
		if again := inspect.MaskAll(got)[0]; again != got {
			t.Errorf("%s: masked again: %s", tt.name, again)
		}
	}
}

func TestMaskURI(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{
		"/participant/message":                                                      "/participant/message",
		"/participant/websocket?t=" + canary:                                        "/participant/websocket?t=•••end1",
		"/participant/websocket?t=x&a=b":                                            "/participant/websocket?t=•••&a=b",
		"/participant/views/" + canary:                                              "/participant/views/•••end1",
		"/attachments/1?expires=9&signature=abc":                                    "/attachments/1?expires=9&signature=•••",
		"/x?%74oken=abc":                                                            "/x?%74oken=•••",
		"/x?next=" + url.QueryEscape("http://h/?access_token=abc"):                  "/x?next=" + url.QueryEscape("http://h/?access_token=") + "•••",
		"/x?next=" + url.QueryEscape(url.QueryEscape("http://h/?access_token=abc")): "/x?next=" + url.QueryEscape(url.QueryEscape("http://h/?access_token=")) + "•••",
		"/x?json=" + url.QueryEscape(`{"ParticipantToken":"a b"}`):                  "/x?json=" + strings.ReplaceAll(url.QueryEscape(`{"ParticipantToken":"M"}`), "M", "•••"),
		"/?code=abc;state=1":                                                        "/?code=•••&state=1",
		"/?%zz=" + canary:                                                           "/?%zz=•••end1",
	} {
		if got := inspect.MaskURI(uri); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", uri, got, want)
		}
	}
}

// What is a secret in one place is one wherever it stands.
func TestMaskKnown(t *testing.T) {
	t.Parallel()
	quoted, err := json.Marshal(map[string]string{"message": "no such token: " + odd, "number": "1"})
	if err != nil {
		t.Fatal(err)
	}
	got := inspect.MaskAll(`{"said before":"`+odd+`"}`, `{"ParticipantToken":"`+odd+`","again":"it is `+odd+`"}`, string(quoted),
		`{"SecretKey":12345678}`, `{"n":12345678,"m":123456789}`)
	for i, want := range []string{
		`{"said before":"•••"}`, `{"ParticipantToken":"•••","again":"it is •••"}`, `{"message":"no such token: •••","number":"1"}`,
		`{"SecretKey":"•••"}`, `{"n":"•••","m":123456789}`,
	} {
		if got[i] != want {
			t.Errorf("got  %s\nwant %s", got[i], want)
		}
	}
}

// holdsAnywhere looks for a text in a document, in the strings of JSON within it, and in those
// of JSON within these.
func holdsAnywhere(document, secret string) bool {
	if strings.Contains(document, secret) {
		return true
	}
	var value any
	if json.Unmarshal([]byte(document), &value) != nil {
		return false
	}
	var inside func(value any) bool
	inside = func(value any) bool {
		switch value := value.(type) {
		case string:
			return strings.Contains(value, secret) || value != document && holdsAnywhere(value, secret)
		case []any:
			return slices.ContainsFunc(value, inside)
		case map[string]any:
			for name, each := range value {
				if strings.Contains(name, secret) || inside(each) {
					return true
				}
			}
		}
		return false
	}
	return inside(value)
}

// FuzzMask plants a secret in documents of every kind: in a member at any depth, in JSON within
// strings, and in text that names it. It must be in nothing that is masked, and JSON must stay
// JSON.
func FuzzMask(f *testing.F) {
	for _, document := range []string{
		`{}`, `[1,"a",{"b":null}]`, `"text"`, `{"a":"{\"b\":\"c\"}"}`, `not JSON`, `{"a":`, `a=b&c=d`, "Cookie: x", `"\ud800"`, "\xff{",
		`{"ParticipantToken":{"a":[1,"x"]}}`, `?t=%3D&token%253Dx`, `{"\u0054oken":"x"}`, `http://a:b@c/`, `{"topic":"aws/chat","content":"{}"}`,
		strings.Repeat("[", 100) + strings.Repeat("]", 100),
	} {
		f.Add(document, odd, "Participant", uint8(1))
		f.Add(document, canary, "x-amz-security-", uint8(3))
		f.Add(document, "a\"b\\c\u2028<&>", "", uint8(0))
	}
	f.Fuzz(func(t *testing.T, document, secret, name string, depth uint8) {
		masked := inspect.MaskAll(document)[0]
		if json.Valid([]byte(document)) && !json.Valid([]byte(masked)) {
			t.Fatalf("%q became %q, which is not JSON", document, masked)
		}
		if again := inspect.MaskAll(masked)[0]; json.Valid([]byte(document)) && !json.Valid([]byte(again)) {
			t.Fatalf("%q became %q, which is not JSON", masked, again)
		}
		secret, name = strings.ToValidUTF8(secret, "?"), strings.ToValidUTF8(name, "?")
		// Shorter ones are looked for only where they are named; what is a part of the mark or of
		// the other texts here is no secret.
		if len(secret) < 8 || strings.Contains(document+name+inspect.Mark, secret) || strings.HasPrefix(secret, inspect.Mark) ||
			strings.EqualFold(strings.NewReplacer("-", "", "_", "").Replace(name), "client") ||
			strings.EqualFold(strings.NewReplacer("-", "", "_", "").Replace(name), "next") {
			return
		}
		planted := map[string]any{"before": "it is " + secret, name + "Token": secret, "deep": []any{map[string]any{name + "token": []any{secret, 1}}}, "doc": document}
		text := encode(t, planted)
		for range depth % 5 {
			text = encode(t, map[string]string{"content": text, "x": "y"})
		}
		masked = inspect.MaskAll(text)[0]
		if !json.Valid([]byte(masked)) {
			t.Fatalf("%s became %s, which is not JSON", text, masked)
		}
		if holdsAnywhere(masked, secret) {
			t.Fatalf("%q is in %s", secret, masked)
		}
		// Tokens as they are made, where there is no JSON to go by.
		token := "QVFJREFI" + strings.Map(func(c rune) rune {
			if c < 0x80 && (c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z') {
				return c
			}
			return 'x'
		}, secret)
		for _, loose := range []string{
			document + token, document + " token=" + token + document, document + `{"ParticipantToken":"` + token, document + "?t=" + token + "&" + document,
			text[:len(text)/2] + token,
		} {
			if masked := inspect.MaskAll(loose)[0]; strings.Contains(masked, token) {
				t.Fatalf("%q is in %q", token, masked)
			}
		}
	})
}

func encode(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
