package serve_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/serve"
)

// A file or folder that a setting names and that is not there, or is none of its kind, is a mistake in
// the settings, exit code 2, and says what to do.
func TestRowB5AFileOfASettingIsNotThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	none := filepath.Join(dir, "none")
	broken := file("broken.yaml", "rulez: []\n")
	table := func(text string) string { return file("parley"+text[:3]+".yaml", text) }
	for name, flags := range map[string][]string{
		"--agent":        {"--agent", none},
		"a script":       {"--agent", broken},
		"--flows":        {"--flows", none},
		"--views-dir":    {"--views-dir", none},
		"--upstream":     {"--upstream", "replay:" + none},
		"recording":      {"--upstream", "replay:" + broken},
		"--jwt-key-file": {"--auth-mode", "hs256", "--jwt-key-file", none},
		none + ".pem":    {"--tls-cert", none + ".pem", "--tls-key", none},
		"bots.A":         {"--config", table("bots: {A: ./none}\n")},
		"functions.A":    {"--config", table("functions: {A: ./none}\n")},
	} {
		cfg, _ := config(t, append(flags, "--ephemeral")...)
		cfg.ReadFile = os.ReadFile
		server, err := serve.Open(t.Context(), cfg)
		if err == nil {
			t.Errorf("%s: it starts", name)
			_ = server.Close(t.Context())
			continue
		}
		if !strings.Contains(err.Error(), name) && name != "a script" || !hint.IsUsage(err) || hint.Of(err) == "" {
			t.Errorf("%s: %v (usage: %t, hint: %q)", name, err, hint.IsUsage(err), hint.Of(err))
		}
	}
}
