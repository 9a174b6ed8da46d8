package client

import (
	"context"
	"net/http"
)

// ExportedFile is a file of what was created on the server's instance. Path has slashes.
type ExportedFile struct {
	Path    string `json:"path"`
	Content string `json:"content"`
}

// Export returns what was created on the server's instance as files, and the answer as it came.
func (s *Server) Export(ctx context.Context) ([]ExportedFile, []byte, error) {
	found, answer, err := call[struct {
		Files []ExportedFile `json:"files"`
	}](ctx, s, http.MethodGet, "/api/export", nil)
	return found.Files, answer, err
}
