package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/inspect"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/settings"
)

// workbench is what stands beside the way of a chat and watches it: the record of exchanges,
// the events of the console, the token of its API.
type workbench struct {
	events *api.Events
	// recorder is nil when it was switched off, and on a server that customers use: what they
	// say is nobody's to look at.
	recorder *inspect.Recorder
	token    secret.Text
}

// recordedBody is how much of a body a recording keeps, in bytes: a page of a transcript with a
// hundred long messages.
const recordedBody = 4 << 20

func newWorkbench(env *Env, s *settings.Settings) (*workbench, error) {
	token, err := adminToken(env, s)
	if err != nil {
		return nil, err
	}
	w := &workbench{events: api.NewEvents(), token: token}
	if s.Inspect && !s.ForCustomers() {
		config := inspect.Config{Paths: s.Paths}
		if s.Record != "" {
			config.MaxBody = recordedBody
		}
		w.recorder = inspect.New(config)
	}
	return w, nil
}

// watch lets an embedded Amazon Connect tell what happens in it.
func (w *workbench) watch(config *emulator.Config) {
	config.Observed, config.DeskChanged = w.events.Observe, w.events.Desk
	config.Faults = &fault.Config{Changed: w.events.Faults}
	if w.recorder == nil {
		return
	}
	config.Tap = w.recorder
	config.Faults.Injected = func(what fault.Injection) {
		if what.Request != nil {
			w.recorder.Injected(what.Request, what.Rule.Name)
			w.recorder.Called(what.Request, what.Action, what.ContactID, what.ParticipantID, "")
		}
	}
}

// record returns a handler whose exchanges are recorded.
func (w *workbench) record(next http.Handler) http.Handler {
	if w.recorder == nil {
		return next
	}
	return w.recorder.Wrap(next)
}

// api returns the API of the console.
func (w *workbench) api(r running, build Build, log *slog.Logger) (*api.API, error) {
	s := r.settings
	status := map[string]any{
		"version":    build.Version,
		"upstream":   map[string]string{"kind": s.Upstream.Kind(), "description": r.upstream.text},
		"configured": map[string]bool{"instanceId": s.InstanceID != "", "contactFlowId": s.ContactFlowID != ""},
	}
	config := api.Config{
		Status: status, Exchanges: w.recorder, Events: w.events, AdminToken: w.token, DocsURL: r.docs(), Log: log,
	}
	if embedded := r.upstream.embedded; embedded != nil {
		config.Chats, config.Desk, config.Faults, config.Blobs = embedded.Chats(), embedded.Desk(), embedded.Faults(), embedded.Blobs()
	}
	return api.New(config)
}

// scriptedAgents reads the agents that answer from the start.
func scriptedAgents(env *Env, s *settings.Settings) ([]desk.AgentConfig, error) {
	var agents []desk.AgentConfig
	var faults []error
	for _, name := range s.Agents {
		if name == "echo" {
			echo := desk.EchoAgent(desk.Echo{})
			echo.Name = "Echo"
			agents = append(agents, echo)
			continue
		}
		text, err := env.ReadFile(name)
		if err != nil {
			faults = append(faults, fmt.Errorf("--agent: %w", err))
			continue
		}
		script, err := desk.Parse(filepath.Base(name), text)
		if err != nil {
			faults = append(faults, fmt.Errorf("--agent: %w", err))
			continue
		}
		agents = append(agents, script.Agents())
	}
	if err := errors.Join(faults...); err != nil {
		return nil, &hintError{err, "--agent takes echo or the name of a script; docs/agents.md describes scripts"}
	}
	return agents, nil
}
