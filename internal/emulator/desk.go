package emulator

import (
	"context"
	"fmt"

	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/partner"
	"github.com/parley-chat/parley/internal/transcript"
)

// Desk is where agents are and contacts wait, for what is built around it.
func (e *Emulator) Desk() *desk.Desk { return e.desk }

// openDesk opens the desk with the scripted agents.
func (e *Emulator) openDesk(ctx context.Context, cfg Config, failed func(string, error)) error {
	config := desk.Config{
		Chats: e.chats, Greeting: cfg.Greeting, Queues: cfg.Queues, Capacity: cfg.Capacity, Files: e.store.Blobs(), Changed: cfg.DeskChanged, Failed: failed,
		KeepAutoAccept: e.keepAutoAccept,
	}
	config.FailTransfer = func(contactID, participantID string) string { // the faults are opened after the desk
		return e.faults.FailsTransfer(contactID, participantID)
	}
	if cfg.Scan != nil {
		config.Scan = func(file transcript.File) { e.scan(context.WithoutCancel(ctx), cfg, file) }
	}
	var err error
	if e.desk, err = desk.New(config); err != nil {
		return err
	}
	e.route(ctx, cfg.Log) // before the chats begin: contacts may wait in queues by their former names
	agents := cfg.Agents
	if cfg.Partner {
		echo := partner.Echo{Pause: cfg.PartnerPause}.Agent()
		echo.Standby = true
		agents = append([]desk.AgentConfig{echo}, agents...)
	}
	for _, agent := range agents {
		if _, err := e.desk.Add(agent); err != nil {
			return fmt.Errorf("adding an agent: %w", err)
		}
	}
	return nil
}
