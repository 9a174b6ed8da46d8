package awscall_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/awscall"
	"github.com/parley-chat/parley/internal/hint"
)

// Whoever names a profile that does not exist is told which there are, and no key.
func TestB4UnknownProfileNamesTheOthers(t *testing.T) {
	dir := t.TempDir()
	settings, secrets := filepath.Join(dir, "config"), filepath.Join(dir, "credentials")
	for file, text := range map[string]string{
		settings: "[default]\nregion = us-west-2\n[profile dev]\n[profile 'two words']\n[sso-session corp]\n[services mine]\n[stray]\n",
		secrets:  "[old]\naws_access_key_id = canary\naws_secret_access_key = canary\n[dev]\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("AWS_CONFIG_FILE", settings)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", secrets)
	for want, at := range map[string]string{
		`profiles "default", "dev", "old", "two words"`: settings,
		`there are the profiles "dev", "old"`:           os.DevNull,
	} {
		t.Setenv("AWS_CONFIG_FILE", at)
		_, err := awscall.Load(t.Context(), awscall.Config{Profile: "nobody"})
		if got := hint.Of(err); !strings.HasSuffix(got, want) || strings.Contains(got, "canary") {
			t.Errorf("the hint is %q, want %q at its end", got, want)
		}
	}
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	_, err := awscall.Load(t.Context(), awscall.Config{Profile: "nobody"})
	if got := hint.Of(err); !strings.Contains(got, "no profiles in "+os.DevNull) {
		t.Errorf("the hint is %q", got)
	}
}
