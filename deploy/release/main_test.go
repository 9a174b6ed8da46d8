package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// programs makes a folder with a small file in the place of each program.
func programs(t *testing.T, mode fs.FileMode) string {
	t.Helper()
	dir := t.TempDir()
	for _, p := range platforms {
		if err := os.WriteFile(filepath.Join(dir, p.name()+filepath.Ext(p.program())), []byte("the program of "+p.name()), mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// releaseOf makes a release and returns its files by their paths.
func releaseOf(t *testing.T, mode fs.FileMode) map[string]string {
	t.Helper()
	out := t.TempDir()
	args := []string{"-version", "v1.2.0", "-date", "2026-11-30", "-in", programs(t, mode), "-out", out, "-root", "../.."}
	if err := run(args, io.Discard); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(out), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(out, path))
		files[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestRowA1Release(t *testing.T) {
	t.Parallel()
	files := releaseOf(t, 0o600)
	t.Run("gives the same bytes again, whatever the mode of the programs", func(t *testing.T) {
		t.Parallel()
		if diff := cmp.Diff(files, releaseOf(t, 0o755)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("has a package with a program for each platform, which may be executed", func(t *testing.T) {
		t.Parallel()
		optional := map[string]string{}
		for _, p := range platforms {
			manifest, modes := unpack(t, files["npm/parley-chat-"+p.npmName()+"-1.2.0.tgz"])
			if diff := cmp.Diff(map[string]fs.FileMode{"package.json": 0o644, "LICENSE": 0o644, p.program(): 0o755}, modes); diff != "" {
				t.Error(diff)
			}
			if manifest.Name != scope+p.npmName() || !slices.Equal(manifest.OS, []string{p.os}) || !slices.Equal(manifest.CPU, []string{p.cpu}) {
				t.Errorf("the package for %s says %+v", p.npmName(), manifest)
			}
			if manifest.Bin != nil {
				t.Errorf("the package for %s has a bin, which npm would link in the launcher's place", p.npmName())
			}
			optional[manifest.Name] = "1.2.0"
		}
		launcher, modes := unpack(t, files["npm/parley-chat-1.2.0.tgz"])
		if launcher.Name != "parley-chat" || launcher.Version != "1.2.0" || modes["bin/parley.js"] != 0o755 || modes["lib/index.d.ts"] != 0o644 {
			t.Errorf("the launcher says %+v and has %v", launcher, modes)
		}
		if diff := cmp.Diff(optional, launcher.OptionalDependencies); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("has zips with the program, its man pages and completion scripts", func(t *testing.T) {
		t.Parallel()
		data := files["parley-windows-arm64.zip"]
		archive, err := zip.NewReader(strings.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		modes := map[string]fs.FileMode{}
		for _, file := range archive.File {
			modes[file.Name] = file.Mode()
		}
		for name, mode := range map[string]fs.FileMode{
			"parley.exe": 0o755, "LICENSE": 0o644, "man/parley.1": 0o644, "man/parley-flow-check.1": 0o644,
			"completions/_parley": 0o644, "completions/parley.bash": 0o644, "completions/parley.fish": 0o644, "completions/parley.ps1": 0o644,
		} {
			if modes[name] != mode {
				t.Errorf("%s has mode %v, not %v", name, modes[name], mode)
			}
		}
	})
	t.Run("names the published zips with their checksums", func(t *testing.T) {
		t.Parallel()
		for _, p := range platforms {
			sum := sha256.Sum256([]byte(files[p.name()+".zip"]))
			file := "homebrew/parley.rb"
			if p.goos == "windows" {
				file = "scoop/parley.json"
			}
			for _, want := range []string{hex.EncodeToString(sum[:]), "https://github.com/parley-chat/parley/releases/download/v1.2.0/" + p.name() + ".zip"} {
				if !strings.Contains(files[file], want) {
					t.Errorf("%s lacks %s", file, want)
				}
			}
		}
		if !json.Valid([]byte(files["scoop/parley.json"])) {
			t.Error("the Scoop manifest is no JSON")
		}
	})
	t.Run("has the files of an image that builds nothing", func(t *testing.T) {
		t.Parallel()
		file := files["image/Containerfile"]
		for _, want := range []string{"COPY linux/${TARGETARCH}/parley /parley\n", "USER 65532:65532\n", "ENTRYPOINT [\"/parley\"]\n", "FROM scratch\nCOPY --from=build /etc/ssl"} {
			if !strings.Contains(file, want) {
				t.Errorf("the container file lacks %q:\n%s", want, file)
			}
		}
		if strings.Contains(file, "RUN ") {
			t.Errorf("the container file builds:\n%s", file)
		}
		if files["image/linux/arm64/parley"] != "the program of parley-linux-arm64" {
			t.Error("the image's program is missing")
		}
	})
	t.Run("has a man page for every command", func(t *testing.T) {
		t.Parallel()
		page := files["man/parley-serve.1"]
		for _, want := range []string{`.TH "PARLEY-SERVE" "1"`, `--exit-with-parent`, "Nov 2026"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page of serve lacks %q: %.300s", want, page)
			}
		}
	})
}

type manifest struct {
	Name, Version        string
	OS, CPU              []string
	Bin                  any
	OptionalDependencies map[string]string
}

// unpack reads a package for npm: what it says, and the modes of its files.
func unpack(t *testing.T, data string) (manifest, map[string]fs.FileMode) {
	t.Helper()
	packed, err := gzip.NewReader(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	modes := map[string]fs.FileMode{}
	for archive := tar.NewReader(packed); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return m, modes
		}
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(header.Name, "package/")
		modes[name] = header.FileInfo().Mode()
		if name == "package.json" {
			var text bytes.Buffer
			if _, err := io.Copy(&text, archive); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(text.Bytes(), &m); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestSemantic(t *testing.T) {
	t.Parallel()
	for described, want := range map[string]string{
		"v1.2.0": "1.2.0", "v1.2.0-5-gabc1234": "1.2.0-5-gabc1234", "v1.2.0-dirty": "1.2.0-dirty",
		"8e6945f": "0.0.0-g8e6945f", "0123456": "0.0.0-g0123456", "8e6945f-dirty": "0.0.0-g8e6945f-dirty", "feature/x": "0.0.0-gfeature-x",
	} {
		if got := semantic(described); got != want {
			t.Errorf("%s is %s, not %s", described, got, want)
		}
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	for name, args := range map[string][]string{
		"nothing":            {},
		"an argument":        {"-version", "v1.2.0", "-in", out, "-out", out, "more"},
		"a program missing":  {"-version", "v1.2.0", "-date", "2026-11-30", "-in", out, "-out", out, "-root", "../.."},
		"a date of no day":   {"-version", "v1.2.0", "-date", "today", "-in", programs(t, 0o600), "-out", out, "-root", "../.."},
		"not at the project": {"-version", "v1.2.0", "-npm", "-in", programs(t, 0o600), "-out", out, "-root", out},
	} {
		if err := run(args, io.Discard); err == nil {
			t.Errorf("%s: there is no error", name)
		}
	}
}
