// Package deploy_test holds the promises of the files in this folder: that the template fits
// the binary, the original template's users and AWS's rules. What a validator of templates
// knows is checked by one, in tools/templatecheck.
package deploy_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func readTemplate(t *testing.T) string {
	t.Helper()
	return readFile(t, "cloudformation.yaml")
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	for _, fault := range check(readTemplate(t)) {
		t.Error(fault)
	}
}

// mistake is one way to break the template: a text that stands in it once, and what to put in
// its place. tools/templatecheck holds the validator against the same list.
type mistake struct {
	Mistake, Replace, By string
	// Go and Validator say who notices.
	Go, Validator bool
	// Digest says that the name of the deployment is all that gives the mistake away. For the
	// others it is brought up to date first, as whoever made the mistake would.
	Digest bool
}

// plant returns the template with the mistake in it.
func (m mistake) plant(text string) string {
	text = strings.Replace(text, m.Replace, m.By, 1)
	root, err := parse(text)
	if m.Digest || err != nil {
		return text
	}
	broken := &template{object: root}
	broken.resources, _ = root["Resources"].(object)
	for _, name := range broken.ofType("AWS::ApiGateway::Deployment") {
		text = strings.ReplaceAll(text, name, deploymentPrefix+broken.digest())
	}
	return text
}

// TestPlantedMistakes breaks the template in every way of testdata/mistakes.json: what the list
// says these tests notice, they notice, and each mistake is noticed by them or the validator.
func TestPlantedMistakes(t *testing.T) {
	t.Parallel()
	text := readTemplate(t)
	var mistakes []mistake
	if err := json.Unmarshal([]byte(readFile(t, "testdata/mistakes.json")), &mistakes); err != nil {
		t.Fatal(err)
	}
	const least = 32
	if len(mistakes) < least {
		t.Errorf("%d mistakes, want %d", len(mistakes), least)
	}
	for _, m := range mistakes {
		if n := strings.Count(text, m.Replace); n != 1 {
			t.Errorf("%s: the text to replace stands %d times in the template", m.Mistake, n)
			continue
		}
		faults := check(m.plant(text))
		if (len(faults) > 0) != m.Go {
			t.Errorf("%s: noticed here: %v, and the list says %v\n%s", m.Mistake, len(faults) > 0, m.Go, strings.Join(faults, "\n"))
		}
		if !m.Go && !m.Validator {
			t.Errorf("%s: nobody notices", m.Mistake)
		}
	}
}

// TestPolicy: the policy for containers allows what the function's role does, and no more.
func TestPolicy(t *testing.T) {
	t.Parallel()
	var policy struct {
		Version   string
		Statement []object
	}
	text := readFile(t, "policy.json")
	if err := json.Unmarshal([]byte(text), &policy); err != nil {
		t.Fatal(err)
	}
	if policy.Version != "2012-10-17" || len(policy.Statement) == 0 {
		t.Errorf("version %q, %d statements", policy.Version, len(policy.Statement))
	}
	for _, statement := range policy.Statement {
		for _, fault := range statementFaults(statement) {
			t.Errorf("%v: %s", statement["Sid"], fault)
		}
	}
	for _, action := range []string{"connect:StartChatContact", "secretsmanager:GetSecretValue"} {
		if !strings.Contains(text, action) {
			t.Errorf("lacks %s", action)
		}
	}
}
