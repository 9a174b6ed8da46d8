// Command release makes of built programs what is published: packages for npm, zips with man pages
// and completion scripts, a Homebrew formula, a Scoop manifest and the files that an image is built
// from. The same programs give the same bytes (package pack).
//
// Programs are named parley-OS-ARCH, with .exe for Windows, in Go's words; package for npm are for
// its words, linux-x64 and win32-arm64.
//
// Usage: release -version v1.2.0 -date 2026-11-30 -in dist -out dist
//
// With -npm it makes the packages for npm only, of the programs that are there.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/parley-chat/parley/deploy/pack"
)

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1) //nolint:forbidigo // this is a command's main
	}
}

// platform is a system that programs are built for.
type platform struct {
	goos, goarch string
	// npm are the words of Node's process.platform and process.arch.
	os, cpu string
}

var platforms = []platform{ //nolint:gochecknoglobals // a constant list
	{"darwin", "amd64", "darwin", "x64"},
	{"darwin", "arm64", "darwin", "arm64"},
	{"linux", "amd64", "linux", "x64"},
	{"linux", "arm64", "linux", "arm64"},
	{"windows", "amd64", "win32", "x64"},
	{"windows", "arm64", "win32", "arm64"},
}

// name is what the platform's files are called, npmName what its package is.
func (p platform) name() string    { return "parley-" + p.goos + "-" + p.goarch }
func (p platform) npmName() string { return p.os + "-" + p.cpu }

// program is the name of the program on the platform.
func (p platform) program() string {
	if p.goos == "windows" {
		return "parley.exe"
	}
	return "parley"
}

// build is a program that was built for a platform.
type build struct {
	platform
	data []byte
}

// release is what all files of one release have in common.
type release struct {
	version, out string
	root         fs.FS // the project
	builds       []build
}

func run(args []string, usage io.Writer) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	flags.SetOutput(usage)
	version := flags.String("version", "", "the release, as git describe says it")
	date := flags.String("date", "", "the day of the release's commit, for its man pages: 2026-11-30")
	in := flags.String("in", "", "the folder with the programs")
	out := flags.String("out", "", "the folder to write into")
	root := flags.String("root", ".", "the project's folder")
	npmOnly := flags.Bool("npm", false, "make packages for npm only, of the programs that are there")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *version == "" || *in == "" || *out == "" || flags.NArg() > 0 {
		return errors.New("usage: release -version VERSION -date DAY -in FOLDER -out FOLDER [-root FOLDER] [-npm]")
	}
	r := release{version: semantic(*version), out: *out, root: os.DirFS(*root)}
	for _, p := range platforms {
		file := filepath.Join(*in, p.name()+filepath.Ext(p.program()))
		data, err := os.ReadFile(file)
		if *npmOnly && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("reading the program for %s: %w", p.npmName(), err)
		}
		r.builds = append(r.builds, build{p, data})
	}
	if err := r.npm(); err != nil || *npmOnly {
		return err
	}
	day, err := time.Parse(time.DateOnly, *date)
	if err != nil {
		return fmt.Errorf("-date: %w", err)
	}
	return r.everything(day)
}

// everything writes all but the packages for npm.
func (r *release) everything(day time.Time) error {
	pages, err := manPages(day)
	if err != nil {
		return err
	}
	scripts, err := completions()
	if err != nil {
		return err
	}
	documents := append(pages, scripts...)
	for _, name := range []string{"LICENSE", "README.md"} {
		text, err := fs.ReadFile(r.root, name)
		if err != nil {
			return fmt.Errorf("reading what goes with the programs: %w", err)
		}
		documents = append(documents, pack.Entry{Name: name, Mode: pack.Document, Data: text})
	}
	for _, b := range r.builds {
		entries := append([]pack.Entry{{Name: b.program(), Mode: pack.Program, Data: b.data}}, documents...)
		if err := r.write(b.name()+".zip", func(w io.Writer) error { return pack.Zip(w, entries) }); err != nil {
			return err
		}
	}
	for _, e := range append(pages, scripts...) {
		if err := r.text(e.Name, e.Data); err != nil {
			return err
		}
	}
	if err := r.catalogues(); err != nil {
		return err
	}
	return r.image()
}

// write writes a file of the release, in a folder that may be missing.
func (r *release) write(name string, write func(io.Writer) error) error {
	path := filepath.Join(r.out, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("making the folder of %s: %w", name, err)
	}
	return pack.WriteFile(path, write)
}

func (r *release) text(name string, text []byte) error {
	return r.write(name, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}
