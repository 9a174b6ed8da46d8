package settings_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/settings"
)

// What a draft says is what it was given, and what it has as comments are keys that there are.
func TestRowB1Draft(t *testing.T) {
	t.Parallel()
	text, err := settings.Draft("# first\n", map[string]string{
		"upstream": "aws", "region": "eu-central-1", "instance-id": "12345678-1234-1234-1234-123456789012",
		"allow-origin": "https://a.example,https://b.example", "display-name": "yes: #1",
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), "# first\n# Settings") {
		t.Errorf("it begins with %.40q", text)
	}
	s, err := load(t, input{files: map[string]string{"parley.yaml": string(text)}})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if s.Upstream != settings.AWS || s.Region != "eu-central-1" || strings.Join(s.AllowOrigins, " ") != "https://a.example https://b.example" || s.DisplayName != "yes: #1" {
		t.Errorf("read as %+v:\n%s", s, text)
	}
	for _, v := range s.Values() {
		if given := strings.Contains("upstream region instance-id allow-origin display-name", v.Field.Name); given != (v.Origin.Source == settings.FromFile) {
			t.Errorf("%s comes from %s", v.Field.Name, v.Origin)
		}
	}
	// Everything on: each key is one that there is, and has a value of its form.
	on := regexp.MustCompile(`(?m)^#([a-z]|  \S+: )`).ReplaceAllString(string(text), "$1")
	if err := schemaOf(t)(on); err != nil {
		t.Errorf("%v\n%s", err, on)
	}
	for _, key := range []string{"greeting", "flows", "functions", "agentic-cx", "hours"} {
		if !strings.Contains(on, "\n"+key+":") {
			t.Errorf("there is no %s:\n%s", key, on)
		}
	}
}
