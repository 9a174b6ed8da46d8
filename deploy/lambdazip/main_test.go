package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestZip(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := bytes.Repeat([]byte("\x7fELF program "), 10000)
	// Neither the file's mode nor its time nor its name may have a part in it.
	paths := []string{filepath.Join(dir, "bootstrap"), filepath.Join(dir, "other")}
	var zips [][]byte
	for i, path := range paths {
		if err := os.WriteFile(path, program, 0o600<<(3*i&3)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, time.Unix(int64(i+1)*1e9, 0)); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(dir, "out.zip") // the second time over the first
		if err := run([]string{"-o", out, path}, io.Discard); err != nil {
			t.Fatal(err)
		}
		packed, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		zips = append(zips, packed)
	}
	if !bytes.Equal(zips[0], zips[1]) {
		t.Error("two zips of one program differ")
	}
	archive, err := zip.NewReader(bytes.NewReader(zips[0]), int64(len(zips[0])))
	if err != nil {
		t.Fatal(err)
	}
	if len(archive.File) != 1 {
		t.Fatalf("the zip has %d entries", len(archive.File))
	}
	entry := archive.File[0]
	if entry.Name != "bootstrap" || entry.Mode() != 0o755 || len(entry.Extra) != 0 || entry.Comment != "" ||
		!entry.Modified.Equal(time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("the entry is %+v", entry.FileHeader)
	}
	r, err := entry.Open()
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(unpacked, program) {
		t.Errorf("unpacking gives another program: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "out.zip.*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := filepath.Join(dir, "p")
	if err := os.WriteFile(program, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"nothing":          {},
		"no output":        {program},
		"two programs":     {"-o", filepath.Join(dir, "z"), program, program},
		"unknown flag":     {"-x"},
		"no such program":  {"-o", filepath.Join(dir, "z"), filepath.Join(dir, "none")},
		"no such folder":   {"-o", filepath.Join(dir, "none", "z"), program},
		"output is folder": {"-o", dir, program},
	} {
		if run(args, io.Discard) == nil {
			t.Errorf("%s: there is no error", name)
		}
	}
}
