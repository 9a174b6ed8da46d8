package server

import (
	"fmt"

	"github.com/parley-chat/parley/internal/runfile"
)

// publish writes the URL to the file and returns what removes it again. An empty
// name publishes nothing.
func publish(name, url string) (unpublish func(), err error) {
	if name == "" {
		return func() {}, nil
	}
	if err := runfile.Write(name, url); err != nil {
		return nil, fmt.Errorf("writing url file %q: %w", name, err)
	}
	return func() { runfile.Remove(name, url) }, nil
}
