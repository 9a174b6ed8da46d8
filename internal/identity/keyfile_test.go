package identity_test

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/identity"
)

func writeKeys(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func wantFileKeys(t *testing.T, file *identity.KeyFile, want ...string) {
	t.Helper()
	keys, err := file.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, key := range keys {
		got = append(got, key.Reveal())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func TestKeyFileFormat(t *testing.T) {
	t.Parallel()
	const long = "canary-canary-canary-canary-canary-0123456789"
	for name, test := range map[string]struct {
		text string
		want []string
		err  string
	}{
		"one":             {currentKey + "\n", []string{currentKey}, ""},
		"no line end":     {currentKey, []string{currentKey}, ""},
		"two":             {currentKey + "\n" + previousKey + "\n", []string{currentKey, previousKey}, ""},
		"space":           {"\n  " + currentKey + "\t\r\n\n" + previousKey + "\n\n", []string{currentKey, previousKey}, ""},
		"32 bytes":        {strings.Repeat("x", 32), []string{strings.Repeat("x", 32)}, ""},
		"empty":           {"\n \n", nil, "there is no key"},
		"31 bytes":        {strings.Repeat("x", 31), nil, "the key has 31 bytes and needs 32 at least"},
		"short before":    {currentKey + "\ncanary\n", nil, "the key has 6 bytes"},
		"three":           {long + "\n" + long + "\n" + long, nil, "more than two keys"},
		"too long a file": {strings.Repeat(long+"\n", 1000), nil, "longer than 16 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "keys")
			writeKeys(t, path, test.text)
			file, err := identity.FileKeys(path, nil)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) || !strings.Contains(err.Error(), path) {
					t.Fatalf("error %v, want one with %q and the path", err, test.err)
				}
				if strings.Contains(err.Error(), "canary") || strings.Count(err.Error(), path) != 1 {
					t.Errorf("a key, or the path twice, in %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantFileKeys(t, file, test.want...)
		})
	}
}

func TestKeyFileThatIsNotThere(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys")
	if _, err := identity.FileKeys(path, nil); !errors.Is(err, fs.ErrNotExist) || strings.Count(err.Error(), path) != 1 {
		t.Errorf("error %v", err)
	}
	if _, err := identity.FileKeys(t.TempDir(), nil); err == nil {
		t.Error("a directory was read")
	}
}

func TestKeyFileIsReadAgain(t *testing.T) {
	t.Parallel()
	const fresh = "fresh-key-of-tests-0123456789-0123456789-01"
	var log bytes.Buffer
	path := filepath.Join(t.TempDir(), "keys")
	writeKeys(t, path, currentKey)
	file, err := identity.FileKeys(path, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	wantFileKeys(t, file, currentKey)
	writeKeys(t, path, fresh[:len(currentKey)]) // of the same length, and at once
	wantFileKeys(t, file, fresh[:len(currentKey)])
	writeKeys(t, path, fresh+"\n"+currentKey)
	wantFileKeys(t, file, fresh, currentKey)

	// As Kubernetes replaces it: another file under the same name, with an old time.
	other := path + ".new"
	writeKeys(t, other, previousKey)
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(other, old, old); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	wantFileKeys(t, file, previousKey)
	if log.Len() > 0 {
		t.Errorf("logged %s", &log)
	}

	// What is no key changes nothing, and is said once.
	for _, text := range []string{"too short canary", "", "also too short"} {
		writeKeys(t, path, text)
		wantFileKeys(t, file, previousKey)
		wantFileKeys(t, file, previousKey)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	wantFileKeys(t, file, previousKey)
	if text := log.String(); strings.Count(text, "cannot read the changed key file") != 1 || !strings.Contains(text, "16 bytes") || strings.Contains(text, "canary") {
		t.Errorf("logged %s", text)
	}
	writeKeys(t, path, fresh)
	wantFileKeys(t, file, fresh)
	writeKeys(t, path, "short")
	wantFileKeys(t, file, fresh)
	if n := strings.Count(log.String(), "cannot read the changed key file"); n != 2 {
		t.Errorf("%d lines, want one for each time it broke", n)
	}
}

// Each of the marks of a changed file counts alone.
func TestKeyFileThatLooksUnchanged(t *testing.T) {
	t.Parallel()
	same := strings.Repeat("z", len(currentKey))
	for name, test := range map[string]struct {
		before, after time.Duration // how old it is
		replace       bool          // by renaming
	}{
		"written twice within the clock's tick": {0, 0, false},
		"renamed, of the same time":             {time.Hour, time.Hour, true},
		"written, of another old time":          {time.Hour, time.Hour + time.Minute, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "keys")
			synctest.Test(t, func(t *testing.T) { // in which all this takes no time
				writeKeys(t, path, currentKey)
				setTime(t, path, time.Now().Add(-test.before))
				file, err := identity.FileKeys(path, nil)
				if err != nil {
					t.Fatal(err)
				}
				target := path
				if test.replace {
					target += ".new"
				}
				writeKeys(t, target, same)
				setTime(t, target, time.Now().Add(-test.after))
				if test.replace {
					if err := os.Rename(target, path); err != nil {
						t.Fatal(err)
					}
				}
				wantFileKeys(t, file, same)
			})
		})
	}
}

func setTime(t *testing.T, path string, at time.Time) {
	t.Helper()
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func TestKeyFileAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys")
	writeKeys(t, path, currentKey)
	file, err := identity.FileKeys(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			if i%10 == 0 {
				writeKeys(t, path+".new", previousKey)
			}
			if keys, err := file.Keys(t.Context()); err != nil || len(keys) != 1 {
				t.Errorf("%d keys, %v", len(keys), err)
			}
		})
	}
	group.Wait()
}
