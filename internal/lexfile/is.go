package lexfile

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// begins is a key of the short YAML, or the type of a bot in a template.
var begins = regexp.MustCompile(`(?m)^(bot|intents):|\bAWS::Lex::Bot\b`)

// Is reports whether what there is at a path can only be meant as a bot, whole or not: a zip, the folder
// that an export unpacks to, and YAML that says so. Other JSON may be anything.
func Is(name string) bool {
	info, err := os.Stat(name)
	if err != nil {
		return false
	}
	if info.IsDir() {
		for _, pattern := range []string{"Bot.json", "*/Bot.json"} {
			if found, err := fs.Glob(os.DirFS(name), pattern); err == nil && len(found) > 0 {
				return true
			}
		}
		return false
	}
	ext := strings.ToLower(filepath.Ext(name))
	if ext != ".zip" && ext != ".yaml" && ext != ".yml" || info.Size() > maxTotal {
		return false
	}
	data, err := os.ReadFile(name)
	return err == nil && (bytes.HasPrefix(data, []byte("PK")) || ext != ".zip" && begins.Match(data))
}
