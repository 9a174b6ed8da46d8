package client

import (
	"context"
	"net/http"
)

// Status is what a server says of itself.
type Status struct {
	Version  string `json:"version"`
	URL      string `json:"url"`
	Process  int    `json:"process"`
	Keeps    string `json:"keeps"`
	Upstream struct {
		Kind        string `json:"kind"`
		Description string `json:"description"`
	} `json:"upstream"`
	ActiveContacts *int   `json:"activeContacts"`
	Faults         int    `json:"faults"`
	Clock          *Clock `json:"clock"`
}

// Status asks a server what it is and what is going on, decoded and as it came.
func (s *Server) Status(ctx context.Context) (Status, []byte, error) {
	return call[Status](ctx, s, http.MethodGet, "/api/status", nil)
}

// Stop asks a server to end in good order, and returns its answer as it came.
func (s *Server) Stop(ctx context.Context) ([]byte, error) {
	return s.ask(ctx, http.MethodPost, "/api/stop", nil)
}

// Answers reports whether anything takes connections at the server's address.
func (s *Server) Answers(ctx context.Context) bool {
	request, err := s.request(ctx, http.MethodGet, "/readyz", http.NoBody)
	if err != nil {
		return false
	}
	s.http.CloseIdleConnections() // an open one outlives the listening socket
	_, _, _, err = s.send(request)
	return err == nil
}
