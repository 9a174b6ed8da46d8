package partner_test

import (
	"os"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/partner"
)

// TestDocumentedScript: what docs/agents.md shows is a script.
func TestDocumentedScript(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/agents.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "```yaml\n")
	text, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("docs/agents.md shows no script")
	}
	script, err := partner.Parse("docs/agents.md", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if agents := script.Agents(); agents.Name != "Ann" || agents.Count != 2 || agents.Capacity != 5 || agents.Partner == nil {
		t.Errorf("the script describes %+v", agents)
	}
}
