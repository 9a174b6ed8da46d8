package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/partner"
	"github.com/parley-chat/parley/internal/settings"
)

// agentScripts are the agents who answer by rules from the start, and the watch over their files.
type agentScripts struct {
	agents   []desk.AgentConfig
	readFile func(string) ([]byte, error)
	files    []scriptFile
	cancel   context.CancelFunc
	watch    sync.WaitGroup
}

// scriptFile is a script as it was read last.
type scriptFile struct {
	name   string
	text   []byte
	agents desk.AgentConfig
}

// openScripts reads the scripts of the agents that are at the desk from the start.
func openScripts(s *settings.Settings, readFile func(string) ([]byte, error)) (*agentScripts, error) {
	a := &agentScripts{readFile: readFile, cancel: func() {}}
	var faults []error
	for _, name := range s.Agents {
		if name == "echo" {
			echo := partner.Echo{}.Agent()
			echo.Name = "Echo"
			a.agents = append(a.agents, echo)
			continue
		}
		text, err := readFile(name)
		if err != nil {
			faults = append(faults, fmt.Errorf("--agent: %w", err))
			continue
		}
		script, err := partner.Parse(filepath.Base(name), text)
		if err != nil {
			faults = append(faults, fmt.Errorf("--agent: %w", err))
			continue
		}
		a.files = append(a.files, scriptFile{name, text, script.Agents()})
		a.agents = append(a.agents, script.Agents())
	}
	if err := errors.Join(faults...); err != nil {
		return nil, hint.Misuse(err, "--agent takes echo or the name of a script; docs/agents.md describes scripts")
	}
	return a, nil
}

// scriptPause is the time between two looks at the files.
const scriptPause = time.Second

// follow reads files again that have changed, and lets the agents at the desk go by them, until close.
func (a *agentScripts) follow(ctx context.Context, at *desk.Desk, log *slog.Logger) {
	if len(a.files) == 0 {
		return
	}
	ctx, a.cancel = context.WithCancel(context.WithoutCancel(ctx))
	a.watch.Go(func() {
		tick := time.NewTicker(scriptPause)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				for i := range a.files {
					a.again(ctx, &a.files[i], at, log)
				}
			}
		}
	})
}

// again reads one file again. A fault is told once, and the agents go on as they were.
func (a *agentScripts) again(ctx context.Context, f *scriptFile, at *desk.Desk, log *slog.Logger) {
	text, err := a.readFile(f.name)
	if err != nil || bytes.Equal(text, f.text) { // a file that is gone may be about to come back
		return
	}
	f.text = text
	log = log.With(slog.String("file", f.name))
	script, err := partner.Parse(filepath.Base(f.name), text)
	if err == nil {
		err = f.replace(ctx, script.Agents(), at)
	}
	if err != nil {
		log.ErrorContext(ctx, "the script has changed and cannot be used; its agents go on as before", slog.String("cause", err.Error()))
		return
	}
	log.InfoContext(ctx, "the script has changed and was read again", slog.String("agent", f.agents.Name))
}

// replace puts other agents in the place of a file's. Those of the same name stay in their chats, and
// away if somebody has set them away.
func (f *scriptFile) replace(ctx context.Context, by desk.AgentConfig, at *desk.Desk) error {
	as := by
	as.KeepState = true
	added, err := at.Add(as)
	if err != nil {
		return err
	}
	stays := map[string]bool{}
	for _, agent := range added {
		stays[agent.Name] = true
	}
	for _, name := range f.agents.Names() {
		if stays[name] {
			continue
		}
		if err := at.Remove(ctx, name); err != nil && !errors.Is(err, desk.ErrNoAgent) {
			return err
		}
	}
	f.agents = by
	return nil
}

// close ends the watch.
func (a *agentScripts) close() {
	a.cancel()
	a.watch.Wait()
}
