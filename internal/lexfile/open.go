// Package lexfile reads Amazon Lex V2 bots from files: an export as a zip or a folder, the answers of
// the describe commands of the AWS CLI, a CloudFormation template, or a short YAML of its own.
//
// It knows forms of files and the model of package lex, and neither runs nor finds bots. All of it is
// safe for concurrent use.
package lexfile

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/hint"
)

// Bounds of a bot's files. Real bots unpack to 2 to 150 KB.
const (
	maxFile  = 4 << 20
	maxTotal = 64 << 20
	maxFiles = 20_000
	// maxRatio is how many times its packed size a file of an archive may have, from a megabyte on.
	maxRatio = 200
)

// file is one file of a bot.
type file struct {
	name string // with slashes, below the bot's root
	data []byte
}

// files reads what there is at a path: a folder, an archive or one file.
func files(name string) ([]file, error) {
	info, err := os.Stat(name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, hint.New(fmt.Errorf("there is no %s", name), "give the zip that Lex exported, or the folder it was unpacked to")
		}
		return nil, fmt.Errorf("reading a bot: %w", err)
	}
	if info.IsDir() {
		root, err := os.OpenRoot(name) // so that no link leads out of it
		if err != nil {
			return nil, fmt.Errorf("reading a bot: %w", err)
		}
		defer func() { _ = root.Close() }()
		return folder(root.FS())
	}
	if info.Size() > maxTotal {
		return nil, tooLarge(name)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading a bot: %w", err)
	}
	return unpack(filepath.Base(name), data)
}

// unpack returns the files of an archive, or the one file that the data is.
func unpack(name string, data []byte) ([]file, error) {
	if bytes.HasPrefix(data, []byte("PK")) {
		return archive(data)
	}
	return []file{{name, data}}, nil
}

func tooLarge(name string) error {
	return hint.New(fmt.Errorf("%s is too large for a bot: a file may have %d MB, all of them %d MB", name, maxFile>>20, maxTotal>>20), "give the export of the bot alone")
}

// noise reports whether a file is none of the bot's.
func noise(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(name, "__MACOSX/") || strings.HasPrefix(base, ".") || base == "ConversationFlow.json"
}

// wanted reports whether a file may belong to a bot.
func wanted(name string) bool {
	return !noise(name) && slices.Contains([]string{".json", ".yaml", ".yml", ".template"}, strings.ToLower(path.Ext(name)))
}

// folder reads the files of a folder.
func folder(root fs.FS) ([]file, error) {
	var all []file
	total := 0
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if base := path.Base(name); base != "." && strings.HasPrefix(base, ".") || base == "node_modules" {
				return fs.SkipDir
			}
			return nil
		case !wanted(name) || !d.Type().IsRegular():
			return nil
		}
		f, err := root.Open(name)
		if err != nil {
			return err //nolint:wrapcheck // wrapped below
		}
		data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
		if total += len(data); len(data) > maxFile || total > maxTotal || len(all) >= maxFiles {
			return tooLarge(name)
		}
		all = append(all, file{name, data})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading a bot: %w", err)
	}
	return all, nil
}

// archive reads the files of a zip. Names that lead out of it, encrypted files and what unpacks to a
// multiple of its size are refused.
func archive(data []byte) ([]file, error) {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, hint.New(fmt.Errorf("the zip cannot be read: %w", err), "export the bot again")
	}
	var all []file
	total := 0
	if len(r.File) > maxFiles {
		return nil, tooLarge("the zip")
	}
	for _, f := range r.File {
		name := strings.ReplaceAll(f.Name, `\`, "/")
		if !filepath.IsLocal(strings.TrimSuffix(name, "/")) || path.IsAbs(name) {
			return nil, hint.New(fmt.Errorf("the zip has a file %q, which leads out of it", f.Name), "give the zip as Lex exported it")
		}
		if f.Flags&1 != 0 {
			return nil, hint.New(errors.New("this export is password-protected"), "export it again without a password or unpack it first")
		}
		if f.FileInfo().IsDir() || !wanted(name) {
			continue
		}
		if f.UncompressedSize64 > maxFile || f.UncompressedSize64 > 1<<20 && f.UncompressedSize64 > maxRatio*max(1, f.CompressedSize64) {
			return nil, tooLarge(f.Name)
		}
		content, err := entry(f)
		if err != nil {
			return nil, hint.New(fmt.Errorf("%s of the zip cannot be read: %w", f.Name, err), "export the bot again")
		}
		if total += len(content); len(content) > maxFile || total > maxTotal {
			return nil, tooLarge(f.Name)
		}
		all = append(all, file{name, content})
	}
	return all, nil
}

// entry reads one file of a zip. What its header says of the size is not believed.
func entry(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err //nolint:wrapcheck // wrapped by the caller
	}
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	return data, errors.Join(err, r.Close())
}
