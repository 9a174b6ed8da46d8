package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"

	"github.com/parley-chat/parley/deploy/pack"
)

// scope is where the packages with programs are.
const scope = "@parley-chat/"

// semantic turns what git describe says into a version that npm takes (semver.org): v1.2.0 is
// 1.2.0, a bare commit is before every release.
func semantic(described string) string {
	version := strings.TrimPrefix(described, "v")
	if regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`).MatchString(version) {
		return version
	}
	return "0.0.0-g" + regexp.MustCompile(`[^0-9A-Za-z.-]`).ReplaceAllString(version, "-")
}

// npm writes the launcher's package, which has the others as optional dependencies, and one for
// each program. npm installs the one whose os and cpu are those of the machine.
//
// The program stands outside of "bin", so npm leaves its mode as it was packed.
func (r *release) npm() error {
	main, err := r.manifest()
	if err != nil {
		return err
	}
	licence, err := fs.ReadFile(r.root, "LICENSE")
	if err != nil {
		return fmt.Errorf("reading the licence: %w", err)
	}
	optional := map[string]string{}
	for _, p := range platforms {
		optional[scope+p.npmName()] = r.version
	}
	for _, b := range r.builds {
		err := r.tarball("parley-chat-"+b.npmName(), map[string]any{
			"name": scope + b.npmName(), "version": r.version,
			"description": "The program parley for " + b.npmName() + "; install parley-chat",
			"license":     main["license"], "homepage": main["homepage"], "repository": main["repository"],
			"os": []string{b.os}, "cpu": []string{b.cpu}, "preferUnplugged": true,
		}, []pack.Entry{
			{Name: "LICENSE", Mode: pack.Document, Data: licence},
			{Name: b.program(), Mode: pack.Program, Data: b.data},
		})
		if err != nil {
			return err
		}
	}
	entries := []pack.Entry{{Name: "LICENSE", Mode: pack.Document, Data: licence}}
	sources, err := fs.Sub(r.root, "npm")
	if err != nil {
		return err
	}
	for _, pattern := range []string{"README.md", "bin/*.js", "lib/*.js", "lib/*.d.ts"} {
		names, err := fs.Glob(sources, pattern)
		if err != nil || len(names) == 0 {
			return fmt.Errorf("the launcher has no file npm/%s (%w)", pattern, err)
		}
		for _, name := range names {
			data, err := fs.ReadFile(sources, name)
			if err != nil {
				return fmt.Errorf("reading the launcher: %w", err)
			}
			mode := pack.Document
			if strings.HasPrefix(name, "bin/") {
				mode = pack.Program
			}
			entries = append(entries, pack.Entry{Name: name, Mode: mode, Data: data})
		}
	}
	main["version"], main["optionalDependencies"] = r.version, optional
	return r.tarball("parley-chat", main, entries)
}

// manifest reads the package.json of the launcher.
func (r *release) manifest() (map[string]any, error) {
	text, err := fs.ReadFile(r.root, "npm/package.json")
	if err != nil {
		return nil, fmt.Errorf("reading the launcher: %w", err)
	}
	manifest := map[string]any{}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, fmt.Errorf("npm/package.json: %w", err)
	}
	return manifest, nil
}

// tarball writes a package as npm pack does: its files in a folder "package".
func (r *release) tarball(name string, manifest map[string]any, entries []pack.Entry) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(manifest); err != nil {
		return fmt.Errorf("writing the manifest of %s: %w", name, err)
	}
	packed := []pack.Entry{{Name: "package/package.json", Mode: pack.Document, Data: text.Bytes()}}
	for _, e := range entries {
		e.Name = "package/" + e.Name
		packed = append(packed, e)
	}
	return r.write("npm/"+name+"-"+r.version+".tgz", func(w io.Writer) error { return pack.TarGz(w, packed) })
}
