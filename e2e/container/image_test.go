//go:build linux

package container_test

import (
	"context"
	"debug/elf"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// image is what was built for all tests.
var image struct {
	description
	files string
	// private says that programs can be the first process of their own kind of world.
	private bool
}

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := withImage(m.Run)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code) //nolint:forbidigo // what TestMain is for
}

// withImage assembles the image's files by the lines of the Containerfile.
func withImage(run func() int) (code int, err error) {
	dir, err := os.MkdirTemp("", "parley-container-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	d, err := describe(containerfile)
	if err != nil {
		return 0, err
	}
	image.description, image.files = *d, filepath.Join(dir, "image")
	if err := assemble(d, filepath.Join(dir, "out"), image.files); err != nil {
		return 0, err
	}
	if os.Getuid() == 0 {
		try := exec.CommandContext(context.Background(), "true")
		try.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
		image.private = try.Run() == nil
	}
	return run(), nil
}

// assemble builds the program with the command of the first stage and copies what the
// second one takes.
func assemble(d *description, out, image string) error {
	root, err := filepath.Abs(project)
	if err != nil {
		return err
	}
	build := exec.CommandContext(context.Background(), "sh", "-ec", strings.ReplaceAll(d.build, "/out/", out+"/"))
	build.Dir, build.Env = root, append(os.Environ(), "VERSION=v0.0.0-container", "TARGETOS=", "TARGETARCH=")
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building with %q: %w\n%s", d.build, err, text)
	}
	for from, to := range d.copies {
		target := filepath.Join(image, to)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		source, mode := from, fs.FileMode(0o644)
		if built, ok := strings.CutPrefix(from, "/out/"); ok {
			source, mode = filepath.Join(out, built), 0o755
		}
		text, err := os.ReadFile(source)
		if errors.Is(err, fs.ErrNotExist) && strings.HasSuffix(from, "/ca-certificates.crt") {
			// The official image of Go has them; this machine keeps them elsewhere, and nothing
			// here speaks TLS.
			text, err = nil, nil
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(target, text, mode); err != nil {
			return err
		}
	}
	return nil
}

// root is the file system of one container.
type root struct{ dir string }

// newRoot makes a container's file system, which may get further files mounted.
func newRoot(t *testing.T) root {
	t.Helper()
	r := root{filepath.Join(t.TempDir(), "root")}
	for _, name := range tree(t, image.files) {
		target := filepath.Join(r.dir, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Link(filepath.Join(image.files, name), target); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// mount puts a file where only the container's user can read it, and returns its path as the
// program sees it.
func (r root) mount(t *testing.T, path, content string) string {
	t.Helper()
	target := filepath.Join(r.dir, path)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(target, []byte(content), 0o400); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() != 0 {
		return target
	}
	if err := os.Chown(target, containerUser, containerUser); err != nil {
		t.Fatal(err)
	}
	return path
}

// tree lists the files under a directory.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, relErr := filepath.Rel(dir, path)
			names, err = append(names, name), relErr
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

func TestImage(t *testing.T) {
	t.Parallel()
	want := []string{"etc/ssl/certs/ca-certificates.crt", "parley"}
	if diff := cmp.Diff(want, tree(t, image.files)); diff != "" {
		t.Errorf("files of the image (-want +got):\n%s", diff)
	}
	program, err := elf.Open(filepath.Join(image.files, "parley"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = program.Close() }() // only read
	for _, part := range program.Progs {
		if part.Type == elf.PT_INTERP {
			t.Error("the program needs a loader, which the image does not have")
		}
	}
	if libraries, err := program.ImportedLibraries(); err != nil || len(libraries) > 0 {
		t.Errorf("the program needs %v (%v), which the image does not have", libraries, err)
	}
	text, err := os.ReadFile(filepath.Join(image.files, "parley"))
	if err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Abs(project)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), here+"/internal") {
		t.Error("the program names the folder it was built in, so that another folder makes other bytes")
	}
	if !slices.Equal(image.entrypoint, []string{"/parley"}) || !slices.Equal(image.args, []string{"serve"}) {
		t.Errorf("the image runs %q %q", image.entrypoint, image.args)
	}
}
