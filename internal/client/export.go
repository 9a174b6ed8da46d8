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

// Export is what was created on the server's instance, and what is not in the files.
type Export struct {
	Files []ExportedFile `json:"files"`
	Notes []string       `json:"notes"`
}

// Export returns what was created on the server's instance as files, and the answer as it came.
func (s *Server) Export(ctx context.Context) (Export, []byte, error) {
	return call[Export](ctx, s, http.MethodGet, "/api/export", nil)
}
