package store

import "github.com/parley-chat/parley/internal/blob"

// openBlobs opens the directory of the attachments' bytes.
func openBlobs(path string) (*blob.Dir, error) {
	return blob.Open(path, func(err error) error { return explainFile(path, err) })
}

// Blobs returns the bytes of the attachments.
func (s *Store) Blobs() *blob.Dir { return s.blobs }
