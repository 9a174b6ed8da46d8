// Package pack writes archives that depend on nothing but what is in them: the same entries give
// the same bytes on every system, whatever the umask, the clock and the owner of the files. So a
// checksum says what was released.
package pack

import (
	"archive/tar"
	"archive/zip"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Modes of files: what everybody may execute, and what everybody may read.
const (
	Program  fs.FileMode = 0o755
	Document fs.FileMode = 0o644
)

// Entry is a file in an archive.
type Entry struct {
	Name string
	Mode fs.FileMode
	Data []byte
}

// Zip writes a zip with the earliest time that zip files know at every entry.
func Zip(w io.Writer, entries []Entry) error {
	archive := zip.NewWriter(w)
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestCompression)
	})
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.Name, Method: zip.Deflate}
		header.SetMode(e.Mode)
		// 1 January 1980, 0:00, as MS-DOS writes it. A time in Modified would add the extra field
		// of Unix times.
		header.ModifiedDate = 1<<5 | 1 //nolint:staticcheck // see above
		entry, err := archive.CreateHeader(header)
		if err != nil {
			return fmt.Errorf("beginning the entry %s: %w", e.Name, err)
		}
		if _, err := entry.Write(e.Data); err != nil {
			return fmt.Errorf("packing %s: %w", e.Name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("ending the zip: %w", err)
	}
	return nil
}

// TarGz writes a tar that is packed with gzip. Its time is the one that npm gives every file, because
// zip tools in front of it refuse 1970.
func TarGz(w io.Writer, entries []Entry) error {
	packed, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return fmt.Errorf("beginning the archive: %w", err)
	}
	archive := tar.NewWriter(packed)
	for _, e := range entries {
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: e.Name, Mode: int64(e.Mode), Size: int64(len(e.Data)),
			ModTime: time.Date(1985, 10, 26, 8, 15, 0, 0, time.UTC), Format: tar.FormatUSTAR,
		}
		if err := archive.WriteHeader(header); err != nil {
			return fmt.Errorf("beginning the entry %s: %w", e.Name, err)
		}
		if _, err := archive.Write(e.Data); err != nil {
			return fmt.Errorf("packing %s: %w", e.Name, err)
		}
	}
	if err := errors.Join(archive.Close(), packed.Close()); err != nil {
		return fmt.Errorf("ending the archive: %w", err)
	}
	return nil
}

// WriteFile writes a file that everybody may read, whole or not at all.
func WriteFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("creating %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(Document), f.Sync()); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("closing %s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("putting %s in place: %w", path, err)
	}
	return nil
}
