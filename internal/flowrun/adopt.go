package flowrun

import (
	"context"
	"errors"
	"fmt"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
)

// Adopt lets the stored contacts whose flow is not here any more wait for an agent: nothing else
// would ever happen to them. It belongs into the beginning of the chats. here reports whether a flow
// is here, by the id its state has; nil says that none is. told is told what became of a contact.
func Adopt(ctx context.Context, chats *chat.Service, here func(id string) bool, told func(contactID, what string)) error {
	var errs []error
	for _, contact := range chats.Active() {
		if contact.Flow == nil || contact.Connected.IsZero() {
			continue
		}
		rec, err := decode(contact.Flow.State)
		if err != nil {
			errs = append(errs, fmt.Errorf("contact %s: %w", contact.ID, err))
			continue
		}
		if !rec.runs() || here != nil && here(rec.State.Running()) {
			continue
		}
		err = chats.Step(ctx, contact.ID, func(step *chat.Step) error {
			left := &record{Moment: queued, State: flow.State{Version: flow.StateVersion, Kept: rec.State.Kept}}
			data, err := left.encode()
			if err != nil {
				return err
			}
			step.Keep(data, contact.Flow.Heard)
			if step.Contact().Queue == nil && agentOf(step.Contact()) == "" {
				step.Queue("")
			}
			return nil
		})
		if err != nil {
			errs = append(errs, fmt.Errorf("contact %s: %w", contact.ID, err))
			continue
		}
		told(contact.ID, fmt.Sprintf("its flow %q is not here any more: it waits for an agent; start with the folder of its flow to go on with it", rec.State.Running()))
	}
	return errors.Join(errs...)
}
