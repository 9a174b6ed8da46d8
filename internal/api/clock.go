package api

import (
	"fmt"
	"net/http"
	"time"

	"github.com/parley-chat/parley/internal/diagnosis"
)

// clockAnswer is the time of the chats.
type clockAnswer struct {
	Now time.Time `json:"now"`
	// OffsetMs is how much was skipped in all, NextTimerMs how long it is until something
	// happens by itself; null when nothing will.
	OffsetMs    int64  `json:"offsetMs"`
	NextTimerMs *int64 `json:"nextTimerMs"`
}

func (a *API) getClock(*http.Request) (any, error) { return a.clock(), nil }

func (a *API) clock() clockAnswer {
	clock := a.cfg.Chats.Clock()
	answer := clockAnswer{Now: clock.Now().UTC(), OffsetMs: clock.Offset().Milliseconds()}
	if next, ok := clock.Next(); ok {
		ms := next.Milliseconds()
		answer.NextTimerMs = &ms
	}
	return answer
}

const (
	// longestSkip is how far the clock can be moved at once, mostSkipped in all: times have to
	// fit into what is kept of them, and into what clients read.
	longestSkip = 30 * 24 * time.Hour
	mostSkipped = 100 * 365 * 24 * time.Hour
)

// skip moves the clock forward.
func (a *API) skip(r *http.Request) (any, error) {
	var in struct {
		SkipMs      int64 `json:"skipMs"`
		ToNextTimer bool  `json:"toNextTimer"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	clock := a.cfg.Chats.Clock()
	switch {
	case in.ToNextTimer == (in.SkipMs != 0):
		return nil, bad("skipMs", "give either skipMs or toNextTimer")
	case in.SkipMs < 0 || in.SkipMs > longestSkip.Milliseconds():
		return nil, bad("skipMs", fmt.Sprintf("skipMs must be from 1 to %d (30 days): time only goes forward", longestSkip.Milliseconds()))
	case clock.Offset() > mostSkipped:
		return nil, diagnosis.New(diagnosis.WrongState, "A century has been skipped: restart the server.")
	}
	by := time.Duration(in.SkipMs) * time.Millisecond
	if in.ToNextTimer {
		next, ok := clock.Next()
		if !ok {
			return nil, diagnosis.New(diagnosis.WrongState, "No timer is running.")
		}
		by = next
	}
	if err := a.cfg.Chats.Skip(r.Context(), by); err != nil {
		return nil, err
	}
	a.cfg.Events.Clock()
	return a.clock(), nil
}
