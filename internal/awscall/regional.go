package awscall

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/hint"
)

// Regional calls one service in whichever Region is named. The configuration is read, and a client
// made, when a Region is first called. It is safe for concurrent use.
type Regional struct {
	service Service
	cfg     Config

	mu      sync.Mutex
	clients map[string]*Client
}

// NewRegional returns a caller of a service. The Region of the configuration is that of calls which
// name none.
func NewRegional(service Service, cfg Config) *Regional {
	return &Regional{service: service, cfg: cfg, clients: map[string]*Client{}}
}

// Call is [Client.Call] in a Region; empty means the configuration's. Errors are those of [Load], of
// [Session.Client] and of the call.
func (r *Regional) Call(ctx context.Context, region string, op Operation, body []byte) (*Answer, error) {
	c, err := r.client(ctx, cmp.Or(region, r.cfg.Region))
	if err != nil {
		return nil, err
	}
	return c.Call(ctx, op, body)
}

func (r *Regional) client(ctx context.Context, region string) (*Client, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.clients[region]; c != nil {
		return c, nil
	}
	cfg := r.cfg
	cfg.Region = region
	session, err := Load(ctx, cfg)
	if err != nil {
		return nil, err
	}
	c, err := session.Client(r.service, "")
	if err != nil {
		return nil, err
	}
	r.clients[region] = c
	return c, nil
}

// Explain is an error of Call in a sentence, with the next step where there is one.
func (r *Regional) Explain(err error) string {
	text := err.Error()
	if refused, ok := errors.AsType[*awswire.Error](err); ok && refused.Name != "" {
		text = fmt.Sprintf("%s refuses the call: %s: %s", r.service.Title, refused.Name, refused.Message)
	}
	if next := hint.Of(err); next != "" {
		text += "; " + next
	}
	return text
}
