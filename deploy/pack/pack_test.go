package pack_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/deploy/pack"
)

func entries() []pack.Entry {
	return []pack.Entry{
		{Name: "package/parley", Mode: pack.Program, Data: bytes.Repeat([]byte("\x7fELF "), 10000)},
		{Name: "package/README.md", Mode: pack.Document, Data: []byte("Parley\n")},
	}
}

// listed is an entry as an archive has it.
type listed struct {
	Name, Data string
	Mode       fs.FileMode
	Year       int
}

func TestArchives(t *testing.T) {
	t.Parallel()
	for name, archive := range map[string]struct {
		write func(io.Writer, []pack.Entry) error
		read  func(*testing.T, []byte) []listed
		year  int
	}{
		"zip": {pack.Zip, readZip, 1980},
		"tar": {pack.TarGz, readTar, 1985},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var first, second bytes.Buffer
			if err := errors.Join(archive.write(&first, entries()), archive.write(&second, entries())); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first.Bytes(), second.Bytes()) {
				t.Error("two archives of the same entries differ")
			}
			var want []listed
			for _, e := range entries() {
				want = append(want, listed{e.Name, string(e.Data), e.Mode, archive.year})
			}
			if diff := cmp.Diff(want, archive.read(t, first.Bytes())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func readZip(t *testing.T, data []byte) []listed {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	for _, file := range archive.File {
		r, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, listed{file.Name, string(text), file.Mode(), file.Modified.Year()})
	}
	return all
}

func readTar(t *testing.T, data []byte) []listed {
	t.Helper()
	packed, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if packed.Name != "" || !packed.ModTime.IsZero() {
		t.Errorf("the archive has a name or a time: %+v", packed.Header)
	}
	var all []listed
	for archive := tar.NewReader(packed); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Uid != 0 || header.Gid != 0 || header.Uname != "" || header.Gname != "" {
			t.Errorf("%s has an owner: %+v", header.Name, header)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, listed{header.Name, string(text), header.FileInfo().Mode(), header.ModTime.UTC().Year()})
	}
}

func TestWriteFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	broken := errors.New("broken")
	err := pack.WriteFile(path, func(w io.Writer) error {
		_, _ = w.Write([]byte("half"))
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
