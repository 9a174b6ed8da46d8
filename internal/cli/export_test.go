package cli

import "github.com/parley-chat/parley/internal/settings"

// RuntimeTokenFiles is runtimeTokenFiles.
var RuntimeTokenFiles = runtimeTokenFiles

// AdminToken is adminToken with a data directory.
func AdminToken(readFile func(string) ([]byte, error), dir string) (string, error) {
	token, err := adminToken(&Env{ReadFile: readFile}, &settings.Settings{DataDir: dir, Upstream: settings.Embedded})
	return token.Reveal(), err
}
