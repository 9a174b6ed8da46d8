// Package runfile owns the small files in which a running process leaves one value for other
// programs: where it listens, or the secret by which it is told what to do.
//
// Such a file has two lines. The first is the value alone, so that a shell reads it with
// "read -r value <file"; the second is the id of the process that wrote it, in decimal, so
// that readers can tell a running process from one that was killed. The file appears with all
// its content, only its user may read it, and the process removes it at its end.
//
// The package refuses to know what the values mean. Its functions may be called by many
// goroutines and processes at once; the last one to write a file wins.
package runfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Content is what a file holds.
type Content struct {
	// Value is the first line.
	Value string
	// PID is the id of the process that wrote the file; 0 when the file names none, because
	// it was written by hand.
	PID int
}

// errForeign is the end of every complaint about a file's form.
var errForeign = errors.New("the file was not written by Parley")

// Parse reads a file's content. The second line may be missing; what follows it is ignored.
// Errors say what is wrong with the form, without the content, which may be a secret.
func Parse(text []byte) (Content, error) {
	first, rest, _ := strings.Cut(string(text), "\n")
	second, _, _ := strings.Cut(rest, "\n")
	content := Content{Value: strings.TrimSpace(first)}
	if content.Value == "" {
		return Content{}, fmt.Errorf("its first line is empty: %w", errForeign)
	}
	second = strings.TrimSpace(second)
	if second == "" {
		return content, nil
	}
	// Process ids are 32 bits wide with a sign everywhere; a larger number would be cut to
	// another one, and a negative one means a group of processes.
	pid, err := strconv.ParseUint(second, 10, 31)
	if err != nil || pid == 0 {
		return Content{}, fmt.Errorf("its second line is not a process id: %w", errForeign)
	}
	content.PID = int(pid)
	return content, nil
}

// Gone reports whether the process that wrote the file has ended. It is false when the file
// names no process, and when another program has got the process's id since.
func (c Content) Gone() bool { return c.PID != 0 && !running(c.PID) }

// Write makes a file with the value and this process's id, in the place of one that may be
// there. Readers see the old file or the new one, and no other user can read it.
func Write(name, value string) error {
	temp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*") // with mode 0600
	if err != nil {
		return err
	}
	_, err = temp.WriteString(content(value))
	err = errors.Join(err, temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}

// Remove removes the file that [Write] made in this process. A file that another process has
// put there since stays.
func Remove(name, value string) {
	if now, err := os.ReadFile(name); err == nil && string(now) == content(value) {
		_ = os.Remove(name) // a leftover file is no reason to fail at the very end
	}
}

// RemoveOwn removes a file that this process wrote, whatever its value: the program that the
// process ran before can have left it for one that cannot go on.
func RemoveOwn(name string) {
	if text, err := os.ReadFile(name); err == nil {
		if now, err := Parse(text); err == nil && now.PID == os.Getpid() {
			_ = os.Remove(name)
		}
	}
}

func content(value string) string { return value + "\n" + strconv.Itoa(os.Getpid()) + "\n" }

// PrivateDir makes a directory that only this user may enter, unless it is there, and checks
// that it is such a directory. The directory above it has to be the user's own as well: by
// the variables of a process started with sudo it can be another user's.
func PrivateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, name := range []string{filepath.Dir(dir), dir} {
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		if !own(info) {
			return fmt.Errorf("%s belongs to another user", name)
		}
	}
	return os.Chmod(dir, 0o700)
}
