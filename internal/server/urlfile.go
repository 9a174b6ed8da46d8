package server

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// publish writes the URL to the file and returns what removes it again. An empty
// name publishes nothing.
func publish(name, url string) (unpublish func(), err error) {
	if name == "" {
		return func() {}, nil
	}
	content := url + "\n"
	if err := writeWhole(name, content); err != nil {
		return nil, fmt.Errorf("writing url file %q: %w", name, err)
	}
	return func() {
		// Another server may have put its own address there since.
		if now, err := os.ReadFile(name); err == nil && string(now) == content {
			_ = os.Remove(name) // a leftover file is no reason to fail at the very end
		}
	}, nil
}

// writeWhole makes the file appear with all its content: readers see the old file or
// the new one.
func writeWhole(name, content string) error {
	temp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	_, err = temp.WriteString(content)
	err = errors.Join(err, temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}
