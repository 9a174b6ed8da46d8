package settings_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/settings"
)

// A password in an address is refused, and shown nowhere: not beside the refusal, and not in
// the list of values.
func TestPasswordsAreNotShown(t *testing.T) {
	t.Parallel()
	const canary = "hunter2"
	for _, arg := range []string{
		"--endpoint-url=http://user:hunter2@h", "--endpoint-url=user:hunter2@h", "--endpoint-url=http://user:hunter2@h:x",
		"--endpoint-url=http://user: hunter2/@h", "--endpoint-url=ftp://user:hunter2@h/a?b",
		"--public-url=https://hunter2@h/", "--public-url=https://u:hunter2/x@h/",
		"--allow-host=http://user:hunter2@h", "--allow-host=user:hunter2@h:80", "--addr=http://user:hunter2@h:80",
		"--addr=user:hunter2@h", "--approved-origin=http://user:hunter2@h", "--allow-origin=http://user:hunter2@h",
		"--stream-target=arn:aws:sns:r:1:t=http://user:hunter2@h/", "--stream-target=http://a/,arn:x=http://user:hunter2@h",
		"--region=http://user:hunter2@h", "--max-chats=http://user:hunter2@h",
	} {
		s, err := load(t, input{args: []string{arg}})
		shown := ""
		if err != nil {
			shown = err.Error()
		}
		for _, v := range s.Values() {
			text, err := json.Marshal(v.JSON)
			if err != nil {
				t.Fatal(err)
			}
			shown += "\n" + v.Text + "\n" + string(text)
		}
		if at := strings.Index(shown, canary); at >= 0 {
			t.Errorf("%s is shown: …%s…", arg, shown[max(0, at-60):at+20])
		}
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                "",
		"Pat <pat@example.com>":           "Pat <pat@example.com>",
		"https://h/@team":                 "https://h/@team",
		"https://h:80/a?b=@":              "https://h:80/a?b=@",
		"https://user:secret@h/@team":     "https://***@team",
		"http://user@h:3000":              "http://***@h:3000",
		"arn:x=http://u:p@h/items":        "arn:x=http://***@h/items",
		"http://a,http://u:p@b":           "http://***@b",
		"see http://u:p@w with a blank@h": "see http://***@h",
	} {
		if got := settings.Redact(text); got != want {
			t.Errorf("Redact(%q) = %q, want %q", text, got, want)
		}
	}
}

// A secret is shown nowhere, whether it is fit or not.
func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	for value, fit := range map[string]bool{
		"hunter2-hunter2-hunter2": true, "hunter2": false, "hunter2 hunter2 hunter2": false, "hunter2-hunter2-hunter2\x1b": false,
		"hunter2-hunter2-hunter2é": false, strings.Repeat("hunter2", 50): false,
	} {
		s, err := load(t, input{environ: []string{"PARLEY_ADMIN_TOKEN=" + value}})
		if (err == nil) != fit {
			t.Errorf("%q: error %v", value, err)
		}
		if s.AdminToken.Reveal() != value {
			t.Errorf("%q was read as something else", value)
		}
		shown := fmt.Sprintf("%v %+v", err, s)
		for _, v := range s.Values() {
			if v.Field.Name == "admin-token" && v.Text != "***" {
				t.Errorf("the value is shown as %q", v.Text)
			}
			shown += fmt.Sprintf("%s %v", v.Text, v.JSON)
		}
		if strings.Contains(shown, "hunter2") {
			t.Errorf("%q is shown in %s", value, shown)
		}
	}
}
