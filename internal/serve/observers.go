package serve

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/internal/admintoken"
	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/clock"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/guard"
	"github.com/parley-chat/parley/internal/inspect"
	"github.com/parley-chat/parley/internal/secret"
)

// observers holds the parts that watch a running server: the recorder of exchanges, the hub of
// the console's events, and the API by which both are read, with its admin token.
type observers struct {
	events *api.Events
	// recorder is nil when recording is off, and always on a server that customers use: their
	// messages are not recorded.
	recorder *inspect.Recorder
	token    secret.Text
	// clock is the time of the chats, once there are some: calls and what is said in chats stand in the
	// same lists, so they are dated alike.
	clock atomic.Pointer[clock.Clock]
}

// now is the time of the chats, or the machine's where there are none.
func (o *observers) now() time.Time {
	if c := o.clock.Load(); c != nil {
		return c.Now()
	}
	return time.Now()
}

// recordedBody is how much of a body a recording keeps, in bytes: a page of a transcript with a
// hundred long messages.
const recordedBody = 4 << 20

// newObservers opens what watches a server. One for customers records nothing, whatever the setting says:
// the record holds what they write.
func newObservers(config *Config) (*observers, error) {
	s := config.Settings
	token, err := admintoken.Open(s, config.ReadFile)
	if err != nil {
		return nil, err
	}
	o := &observers{events: api.NewEvents(), token: token}
	if s.Inspect && !s.ForCustomers() {
		recording := inspect.Config{Paths: s.Paths, Clock: o.now}
		if public, err := url.Parse(s.PublicURL); err == nil && s.PublicURL != "" {
			recording.Public = public
		}
		if s.Record != "" {
			recording.MaxBody = recordedBody
		}
		o.recorder = inspect.New(recording)
	}
	return o, nil
}

// watch has an embedded Amazon Connect report its changes, calls and frames here.
func (o *observers) watch(config *emulator.Config) {
	config.Observed, config.DeskChanged = o.events.Observe, o.events.Desk
	config.Faults = &fault.Config{Changed: o.events.Faults, Injected: func(context.Context, fault.Injection) { o.events.Struck() }}
	if o.recorder == nil {
		return
	}
	config.Tap = o.recorder
	config.FlowTraced, config.FlowTold = o.recorder.FlowTraced, o.recorder.FlowTold
	config.Faults.Injected = func(ctx context.Context, what fault.Injection) {
		o.events.Struck()
		o.recorder.Injected(ctx, what.Rule.Name)
		if what.Request != nil {
			o.recorder.Called(what.Request, what.Action, what.ContactID, what.ParticipantID, "")
		}
	}
}

// record returns a handler whose exchanges are recorded.
func (o *observers) record(next http.Handler) http.Handler {
	if o.recorder == nil {
		return next
	}
	return o.recorder.Wrap(next)
}

// keepsIn is where chats are kept; empty where they are not.
func (s *Server) keepsIn() string {
	if set := s.config.Settings; !set.Ephemeral && s.upstream.embedded != nil {
		return set.DataDir
	}
	return ""
}

// api returns the API of the console.
func (s *Server) api() (*api.API, error) {
	o, set := s.observers, s.config.Settings
	config := api.Config{
		Status: map[string]any{
			"version":    s.config.Version,
			"upstream":   map[string]string{"kind": set.Upstream.Kind(), "description": s.upstream.text},
			"url":        s.site.url,
			"process":    os.Getpid(),
			"keeps":      s.keepsIn(),
			"configured": map[string]bool{"instanceId": set.InstanceID != "", "contactFlowId": set.ContactFlowID != ""},
		},
		Exchanges: o.recorder, Events: o.events, AdminToken: o.token, Readers: origins(set.AllowOrigins),
		ScenarioHead: SchemaLine(ScenarioSchema), DocsURL: s.docs(), Pictures: s.site.at("/console"), Log: s.config.Log, Stop: s.config.Stop,
	}
	if set.PublicURL != "" {
		config.PublicOrigin, _ = guard.PublicOrigin(set.PublicURL) // checked by frontdoor
		config.Readers = append(config.Readers, config.PublicOrigin)
	}
	if embedded := s.upstream.embedded; embedded != nil {
		config.Chats, config.Desk, config.Faults, config.Blobs = embedded.Chats(), embedded.Desk(), embedded.Faults(), embedded.Blobs()
		config.Export, config.TestFlows = embedded.Export, embedded.TestFlows
	}
	return api.New(config)
}
