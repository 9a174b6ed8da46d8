// Command lambdazip packs a program for AWS Lambda: a zip with the one entry "bootstrap",
// which Lambda starts.
//
// The same program always gives the same zip, byte for byte, on every system: the entry has
// mode 0755 (Windows has no such thing), the earliest time that zip files know, and nothing
// that depends on who packed it. So a checksum says which program is deployed.
//
// Usage: lambdazip -o parley-lambda-arm64.zip PROGRAM
package main

import (
	"archive/zip"
	"compress/flate"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "lambdazip:", err)
		os.Exit(1) //nolint:forbidigo // this is a command's main
	}
}

// run packs as the arguments say.
func run(args []string, usage io.Writer) error {
	flags := flag.NewFlagSet("lambdazip", flag.ContinueOnError)
	flags.SetOutput(usage)
	out := flags.String("o", "", "the zip to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *out == "" || flags.NArg() != 1 {
		return errors.New("usage: lambdazip -o ZIP PROGRAM")
	}
	program, err := os.ReadFile(flags.Arg(0))
	if err != nil {
		return fmt.Errorf("reading the program: %w", err)
	}
	return writeFile(*out, func(w io.Writer) error { return pack(w, program) })
}

// pack writes the zip of a program.
func pack(w io.Writer, program []byte) error {
	archive := zip.NewWriter(w)
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestCompression)
	})
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	header.SetMode(0o755)
	// 1 January 1980, 0:00, as MS-DOS writes it. A time in Modified would add the extra field
	// of Unix times.
	header.ModifiedDate = 1<<5 | 1 //nolint:staticcheck // see above
	entry, err := archive.CreateHeader(header)
	if err != nil {
		return fmt.Errorf("beginning the entry: %w", err)
	}
	if _, err := entry.Write(program); err != nil {
		return fmt.Errorf("packing: %w", err)
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("ending the zip: %w", err)
	}
	return nil
}

// writeFile writes a file whole or not at all.
func writeFile(path string, write func(io.Writer) error) (err error) {
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
	const everyone fs.FileMode = 0o644
	if err := errors.Join(f.Chmod(everyone), f.Sync()); err != nil {
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
