package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/secret"
)

func TestTextNeverPrints(t *testing.T) {
	t.Parallel()
	const plain = "QVFJREFI-do-not-print"
	text := secret.New(plain)
	holder := struct {
		Token secret.Text
		Ptr   *secret.Text
	}{text, &text}

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		fmt.Fprintf(&out, verb+" "+verb+"\n", text, holder)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("text", "token", text, "holder", holder)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "token", text, "holder", holder)
	if err := json.NewEncoder(&out).Encode(holder); err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{plain, fmt.Sprintf("%x", plain), fmt.Sprintf("%X", plain)} {
		if strings.Contains(out.String(), form) {
			t.Errorf("the secret was printed as %q in:\n%s", form, out.String())
		}
	}
	if text.Reveal() != plain {
		t.Errorf("Reveal() = %q, want the plain text", text.Reveal())
	}
}
