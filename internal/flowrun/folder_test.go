package flowrun_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
)

const aFlow = `{"Version": "2019-10-30", "StartAction": "e", "Actions": [{"Identifier": "e", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]}`

// A link to a file is the file that it leads to.
func TestLinkedFile(t *testing.T) {
	t.Parallel()
	outside, dir := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "Main.json"), []byte(aFlow), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "Main.json"), filepath.Join(dir, "main.json")); err != nil {
		t.Skip(err)
	}
	library := flowrun.NewLibrary(nil)
	if findings, changed, err := flowrun.NewFolder(os.DirFS(dir), library).Load(); err != nil || changed != 1 || len(library.Files()) != 1 {
		t.Errorf("%d files, %v, %v", changed, findings, err)
	}
}

// broken is a folder that can be read now and then.
type broken struct {
	fs.FS
	out atomic.Bool
}

func (b *broken) Open(name string) (fs.File, error) {
	if b.out.Load() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return b.FS.Open(name)
}

// A folder that cannot be read is told once, and so is the end of that. The flows stay meanwhile.
func TestUnreadableFolder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		files := &broken{FS: fstest.MapFS{"main.json": {Data: []byte(aFlow)}}}
		library := flowrun.NewLibrary(nil)
		folder := flowrun.NewFolder(files, library)
		if _, _, err := folder.Load(); err != nil {
			t.Fatal(err)
		}
		told := make(chan error, 100)
		go folder.Watch(t.Context(), func(_ []flow.Finding, _ int, err error) { told <- err })
		for _, out := range []bool{true, false} {
			files.out.Store(out)
			<-time.After(10 * time.Second)
			synctest.Wait()
		}
		close(told)
		got := slices.Collect(func(yield func(error) bool) {
			for err := range told {
				yield(err)
			}
		})
		if len(got) != 2 || !errors.Is(got[0], fs.ErrPermission) || got[1] != nil || len(library.Files()) != 1 {
			t.Errorf("told %v, with %d flows", got, len(library.Files()))
		}
	})
}

// A file with faults is not said to be in use where it never was: an older version of it stays.
func TestFaultyFile(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"main.json": {Data: []byte("{")}}
	library := flowrun.NewLibrary(nil)
	folder := flowrun.NewFolder(files, library)
	load := func(size int, want string) {
		t.Helper()
		findings, _, err := folder.Load()
		if err != nil || len(findings) == 0 && want != "" || want != "" && findings[len(findings)-1].Text != want || len(library.Files()) != size {
			t.Errorf("%v, %v, %d flows, want %q", findings, err, len(library.Files()), want)
		}
	}
	load(0, "the file has errors; none of its flows is used")
	files["main.json"] = &fstest.MapFile{Data: []byte(aFlow)}
	load(1, "")
	files["main.json"] = &fstest.MapFile{Data: []byte("{ ")}
	load(1, "the file has errors; its last good version stays in use")
}
