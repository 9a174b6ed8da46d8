package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/parley-chat/parley/deploy/pack"
)

const (
	home        = "https://github.com/parley-chat/parley"
	description = "Amazon Connect chat on your own machine"
)

// formula is what Homebrew installs by (docs.brew.sh/Formula-Cookbook).
const formula = `class Parley < Formula
  desc "[[.Description]]"
  homepage "[[.Home]]"
  version "[[.Version]]"
  license "MIT-0"
[[range .Systems]]
  on_[[.Name]] do
[[- range .Zips]]
    on_[[.CPU]] do
      url "[[.URL]]"
      sha256 "[[.SHA256]]"
    end
[[- end]]
  end
[[end]]
  def install
    bin.install "parley"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/parley.bash" => "parley"
    zsh_completion.install "completions/_parley"
    fish_completion.install "completions/parley.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/parley version")
  end
end
`

// archive is a zip of the release at the place where it is published.
type archive struct{ CPU, URL, SHA256 string }

// catalogues writes the Homebrew formula and the Scoop manifest.
func (r *release) catalogues() error {
	zips := map[string]archive{}
	for _, b := range r.builds {
		data, err := os.ReadFile(filepath.Join(r.out, b.name()+".zip"))
		if err != nil {
			return fmt.Errorf("reading a zip for its checksum: %w", err)
		}
		sum := sha256.Sum256(data)
		cpu := map[string]string{"amd64": "intel", "arm64": "arm"}[b.goarch]
		zips[b.goos+"/"+b.goarch] = archive{cpu, home + "/releases/download/v" + r.version + "/" + b.name() + ".zip", hex.EncodeToString(sum[:])}
	}
	type system struct {
		Name string
		Zips []archive
	}
	var text bytes.Buffer
	err := template.Must(template.New("formula").Delims("[[", "]]").Parse(formula)).Execute(&text, map[string]any{
		"Description": description, "Home": home, "Version": r.version, "Systems": []system{
			{"macos", []archive{zips["darwin/arm64"], zips["darwin/amd64"]}},
			{"linux", []archive{zips["linux/arm64"], zips["linux/amd64"]}},
		},
	})
	if err != nil {
		return fmt.Errorf("writing the formula: %w", err)
	}
	if err := r.text("homebrew/parley.rb", text.Bytes()); err != nil {
		return err
	}
	scoop := func(z archive) map[string]any { return map[string]any{"url": z.URL, "hash": z.SHA256} }
	manifest, err := json.MarshalIndent(map[string]any{ // github.com/ScoopInstaller/Scoop/wiki/App-Manifests
		"version": r.version, "description": description, "homepage": home, "license": "MIT-0", "bin": "parley.exe",
		"architecture": map[string]any{"64bit": scoop(zips["windows/amd64"]), "arm64": scoop(zips["windows/arm64"])},
		"checkver":     "github",
	}, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the Scoop manifest: %w", err)
	}
	return r.text("scoop/parley.json", append(manifest, '\n'))
}

// image writes the folder that an image is built from without Go: the programs, and the file in
// deploy with its stage that builds them left out.
func (r *release) image() error {
	text, err := fs.ReadFile(r.root, "deploy/Containerfile")
	if err != nil {
		return fmt.Errorf("reading the container file: %w", err)
	}
	const builder, last, built = "FROM docker.io/library/golang:${GO_VERSION} AS build\n", "FROM scratch\n", "COPY --from=build /out/parley /parley\n"
	head, rest, found := strings.Cut(string(text), builder)
	_, rest, scratch := strings.Cut(rest, last)
	before, after, copies := strings.Cut(rest, built)
	if !found || !scratch || !copies {
		return fmt.Errorf("deploy/Containerfile has not the lines %q, %q and %q", builder, last, built)
	}
	_, args, _ := strings.Cut(head, "\n\n")
	file := "# docker buildx build --platform linux/amd64,linux/arm64 -t parley .        (in this folder)\n" +
		args + builder + "\n" + last + before + "ARG TARGETARCH\nCOPY linux/${TARGETARCH}/parley /parley\n" + after
	if err := r.text("image/Containerfile", []byte(file)); err != nil {
		return err
	}
	for _, b := range r.builds {
		if b.goos != "linux" {
			continue
		}
		name := "image/linux/" + b.goarch + "/parley"
		if err := r.text(name, b.data); err != nil {
			return err
		}
		if err := os.Chmod(filepath.Join(r.out, filepath.FromSlash(name)), pack.Program); err != nil {
			return fmt.Errorf("making %s a program: %w", name, err)
		}
	}
	return nil
}
