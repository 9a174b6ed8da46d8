package settings

import (
	"path"
	"strings"
)

// stateDir returns the directory for state that outlives a run: what the operating
// system's rules say for the user of the given environment, or "" when that names no
// home.
//
// Sources: https://specifications.freedesktop.org/basedir-spec/latest/ and Apple's
// File System Programming Guide.
func stateDir(environ []string, goos string) string {
	env := map[string]string{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if goos == "windows" { // names of variables have no case there
			name = strings.ToUpper(name)
		}
		env[name] = value
	}
	switch goos {
	case "windows":
		if base := env["LOCALAPPDATA"]; base != "" {
			return base + `\parley`
		}
		return ""
	case "darwin", "ios":
		if home := env["HOME"]; home != "" {
			return path.Join(home, "Library/Application Support/parley")
		}
		return ""
	}
	// The specification says that a relative path is to be ignored.
	if base := env["XDG_STATE_HOME"]; path.IsAbs(base) {
		return path.Join(base, "parley")
	}
	if home := env["HOME"]; home != "" {
		return path.Join(home, ".local/state/parley")
	}
	return ""
}
