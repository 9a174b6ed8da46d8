package emulator

import (
	"errors"

	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/flowrun"
)

// floor is the desk as contact flows see it. The desk is there when time begins.
type floor struct{ e *Emulator }

var _ flowrun.Floor = floor{}

func (f floor) Metrics(queue, agent string) flowrun.Metrics {
	return flowrun.Metrics(f.e.desk.Metrics(queue, agent))
}

func (f floor) Place(contactID string) (flowrun.Place, bool) {
	place, ok := f.e.desk.Place(contactID)
	return flowrun.Place(place), ok
}

func (f floor) Admit(contactID, queue string) error {
	err := f.e.desk.Admit(contactID, queue)
	switch {
	case errors.Is(err, desk.ErrQueueFull):
		return flowrun.ErrQueueFull
	case errors.Is(err, desk.ErrQueueClosed):
		return flowrun.ErrQueueClosed
	}
	return err
}

func (f floor) Agent(ref string) (string, bool) {
	agent, err := f.e.desk.Agent(ref)
	return agent.Name, err == nil
}
