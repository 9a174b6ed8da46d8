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
	env := variables(environ, goos)
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

// RuntimeDirs returns the directories for files that last as long as a process, the best one
// first: the user's runtime directory where the operating system has one, and a directory
// beside the user's state. A process may find the first one missing or closed, because its
// variable was inherited from another user, and programs of one user may differ in their
// variables: a writer takes the first that it can use, a reader looks into all of them. There
// is none when the environment names no home.
//
// Temporary directories are no choice: the user's own one on macOS is cleared of files that
// were not used for three days, and the one of other systems is everybody's.
//
// Source: https://specifications.freedesktop.org/basedir-spec/latest/
func RuntimeDirs(environ []string, goos string) []string {
	var dirs []string
	if base := variables(environ, goos)["XDG_RUNTIME_DIR"]; goos != "windows" && path.IsAbs(base) {
		dirs = append(dirs, path.Join(base, "parley"))
	}
	if state := stateDir(environ, goos); state != "" {
		separator := "/"
		if goos == "windows" {
			separator = `\`
		}
		dirs = append(dirs, state+separator+"run")
	}
	return dirs
}

// variables returns an environment by name.
func variables(environ []string, goos string) map[string]string {
	env := map[string]string{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if goos == "windows" { // names of variables have no case there
			name = strings.ToUpper(name)
		}
		env[name] = value
	}
	return env
}
