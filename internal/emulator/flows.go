package emulator

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/transcript"
)

// openFlows opens the runner of contact flows.
func (e *Emulator) openFlows(cfg Config, failed func(string, error)) (err error) {
	if cfg.Library == nil {
		e.chats.Listen(chat.Listener{Changed: func(chat.Contact, *transcript.Item) {}, Exits: func(step *chat.Step) (bool, error) {
			if contact := step.Contact(); contact.DismissOnExit {
				cfg.Log.Warn("the customer ended the chat, and no contact flow runs that DisconnectOnCustomerExit could begin: start with --flows DIR",
					slog.String("contact_id", contact.ID))
			}
			return false, nil
		}, Begin: func() {
			err := flowrun.Adopt(context.Background(), e.chats, nil, func(contactID, what string) {
				cfg.Log.LogAttrs(context.Background(), slog.LevelWarn, "contact flow", slog.String("told", what), slog.String("contact_id", contactID))
			})
			if err != nil {
				failed("", fmt.Errorf("taking over contacts whose flow is gone: %w", err))
			}
		}})
		return nil
	}
	told := func(contactID string, at time.Time, what string, stopped bool) {
		cfg.Log.LogAttrs(context.Background(), slog.LevelWarn, "contact flow", slog.String("told", what), slog.String("contact_id", contactID))
		if cfg.FlowTold != nil {
			cfg.FlowTold(contactID, at, what, stopped)
		}
	}
	region := cmp.Or(cfg.Region, "us-east-1")
	e.library = cfg.Library
	e.flows, err = flowrun.New(flowrun.Config{
		Chats: e.chats, Library: cfg.Library, Region: region, Strict: cfg.Strict, Floor: floor{e}, Hours: cfg.Hours,
		InstanceARN: fmt.Sprintf("arn:aws:connect:%s:000000000000:instance/%s", region, cmp.Or(cfg.InstanceID, DefaultInstanceID)),
		Outside:     cfg.Outside, Traced: cfg.FlowTraced, Told: told, Failed: failed,
	})
	return err
}
