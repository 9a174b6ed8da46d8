package flowrun

import (
	"strconv"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
)

// later is the time after a while, as it is stored.
func later(step *chat.Step, d time.Duration) time.Time {
	return step.Now().Add(d).UTC().Truncate(time.Millisecond)
}

// limitOf is how long a Wait waits for a function at most, leastOf how long it does whatever comes. The
// page of the action has another name for the limit than the service.
func limitOf(ask *flow.Ask) time.Duration {
	return span(ask, "TimeLimitSeconds", "TimeoutSeconds")
}

func leastOf(ask *flow.Ask) time.Duration {
	return min(span(ask, "MinimumWaitTimeSeconds"), limitOf(ask))
}

// span is the first of some parameters that is a number of seconds; 0 for none.
func span(ask *flow.Ask, names ...string) time.Duration {
	for _, name := range names {
		if n, err := strconv.ParseFloat(flow.Text(ask.Parameters[name]), 64); err == nil && n > 0 {
			return time.Duration(min(n, 604_800) * float64(time.Second))
		}
	}
	return 0
}

// waitBlock is the type of the action that can wait for a function, whose answer and time are waited for
// together.
const waitBlock = "Wait"

// early keeps an answer to a Wait until the least time of that has passed, and reports whether it did.
// Where nobody knows of the function any more, after a restart, what is left of the time is waited for.
func (r *record) early(answer *flow.Event, now time.Time) bool {
	if r.Call == nil || r.Call.Ask.Type != waitBlock {
		return false
	}
	if answer.Open {
		if !r.Due.IsZero() {
			answer.Seconds = max(int((r.Due.Sub(now)+time.Second-1)/time.Second), 1)
		}
		return false
	}
	due := r.Call.Asked.Add(leastOf(&r.Call.Ask)).Truncate(time.Millisecond)
	if !now.Before(due) {
		return false
	}
	r.Call, r.Later, r.Due = nil, answer, due
	return true
}
