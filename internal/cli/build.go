package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// Build says which program this is.
type Build struct {
	// Version is the release, e.g. "v1.2.0", or "devel".
	Version string `json:"version"`
	// Commit is the revision it was built from; empty when unknown. Modified says
	// that there were changes on top.
	Commit   string `json:"commit,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	// Time is the commit's time in RFC 3339; empty when unknown.
	Time string `json:"time,omitempty"`
	// Go is the toolchain, Platform the target ("linux/amd64").
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// ReadBuild returns what the toolchain recorded in the binary; version, unless
// empty, takes the place of the module's.
func ReadBuild(version string) Build {
	build := Build{Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	module := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		module = strings.Trim(info.Main.Version, "()") // "(devel)" outside of a release
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				build.Commit = s.Value
			case "vcs.time":
				build.Time = s.Value
			case "vcs.modified":
				build.Modified = s.Value == "true"
			}
		}
	}
	build.Version = cmp.Or(version, module, "devel")
	return build
}

// String returns one line for a person.
func (b Build) String() string {
	parts := []string{}
	if b.Commit != "" {
		const short = 12
		commit := "commit " + b.Commit[:min(short, len(b.Commit))]
		if b.Modified {
			commit += " with changes"
		}
		parts = append(parts, commit)
	}
	if b.Time != "" {
		parts = append(parts, b.Time)
	}
	parts = append(parts, b.Go, b.Platform)
	return fmt.Sprintf("%s (%s)", b.Version, strings.Join(parts, ", "))
}

// userAgent names the program in calls to AWS.
func (b Build) userAgent() string { return "parley/" + b.Version }
