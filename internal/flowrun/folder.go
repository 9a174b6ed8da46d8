package flowrun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/flow"
)

// Folder are the files of a library. It belongs to one goroutine at a time.
type Folder struct {
	files   fs.FS
	library *Library
	seen    map[string]stamp
	// good are the programs of each file as it was when it was last without faults.
	good map[string][]*flow.Program
}

// stamp tells one version of a file from another.
type stamp struct {
	size     int64
	modified time.Time
}

// testsDir is the folder whose files are tests of flows, and no flows.
const testsDir = "tests"

// NewFolder returns the files of a library, which are read by [Folder.Load].
func NewFolder(files fs.FS, library *Library) *Folder {
	return &Folder{files: files, library: library, seen: map[string]stamp{}, good: map[string][]*flow.Program{}}
}

// Load reads the files that are new or have changed, and gives the library what they hold. It
// returns what there is to say about them, and how many there were. A file that has become faulty
// leaves its last good version in the library. Errors are about the folder as a whole.
func (f *Folder) Load() (findings []flow.Finding, changed int, err error) {
	now := map[string]stamp{}
	var order []string
	assemblies := map[string]bool{}
	err = fs.WalkDir(f.files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		if entry.IsDir() {
			if name != "." && (strings.HasPrefix(base, ".") || base == testsDir || base == "node_modules") {
				return fs.SkipDir
			}
			if assemblies[path.Dir(name)] && name != "." && asset(base) {
				return fs.SkipDir
			}
			assemblies[name] = assembly(f.files, name)
			return nil
		}
		if assemblies[path.Dir(name)] && !assembled(base) {
			return nil
		}
		if ext := path.Ext(base); strings.HasPrefix(base, ".") || ext != "" && ext != ".json" && ext != ".template" {
			return nil
		}
		info, err := fs.Stat(f.files, name) // of the file that a link leads to
		if err != nil || !info.Mode().IsRegular() {
			return nil //nolint:nilerr // it went away meanwhile
		}
		now[name] = stamp{info.Size(), info.ModTime()}
		order = append(order, name)
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("reading the folder of contact flows: %w", err)
	}
	for name := range f.seen {
		if _, there := now[name]; !there {
			delete(f.good, name)
			changed++
		}
	}
	for _, name := range order {
		if f.seen[name] == now[name] {
			continue
		}
		changed++
		findings = append(findings, f.read(name)...)
	}
	f.seen = now
	if changed > 0 {
		var programs []*flow.Program
		for _, name := range order {
			programs = append(programs, f.good[name]...)
		}
		f.library.Set(programs)
	}
	return findings, changed, nil
}

// read reads one file.
func (f *Folder) read(name string) []flow.Finding {
	programs, findings, err := ReadFile(f.files, name)
	if err != nil && flowless(findings) && assembly(f.files, path.Dir(name)) {
		delete(f.good, name) // a stack of something else
		return nil
	}
	if err != nil {
		rest := "none of its flows is used"
		if f.good[name] != nil {
			rest = "its last good version stays in use"
		}
		return append(findings, flow.Finding{Level: flow.Broken, Rule: "file", File: name, Text: err.Error() + "; " + rest})
	}
	f.good[name] = programs
	return findings
}

// errFaulty says that a file has faults, which the findings tell.
var errFaulty = errors.New("the file has errors")

// ReadFile reads the flows of a file, and what there is to say about them. Its error says that the
// file cannot be read, or that no flow of it can run.
func ReadFile(files fs.FS, name string) ([]*flow.Program, []flow.Finding, error) {
	file, err := files.Open(name)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the file: %w", err)
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, flow.MaxFile+1))
	if err != nil {
		return nil, nil, fmt.Errorf("reading the file: %w", err)
	}
	if len(data) > flow.MaxFile {
		return nil, nil, fmt.Errorf("the file has more than %d bytes, which no flow has", flow.MaxFile)
	}
	sources, findings := flow.Read(name, data)
	var programs []*flow.Program
	for _, source := range sources {
		p, more := flow.Compile(source)
		findings = append(findings, more...)
		if p != nil {
			programs = append(programs, p)
		}
	}
	if len(programs) < max(1, len(sources)) {
		return programs, findings, errFaulty
	}
	return programs, findings, nil
}

// Watch loads the files again whenever they have changed, until ctx ends. Told gets what Load
// returns: an error once for as long as it lasts, and what there is when it is over.
func (f *Folder) Watch(ctx context.Context, told func(findings []flow.Finding, changed int, err error)) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	trouble := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			findings, changed, err := f.Load()
			before := trouble
			if trouble = ""; err != nil {
				trouble = err.Error()
			}
			if changed > 0 || trouble != before {
				told(findings, changed, err)
			}
		}
	}
}
