package flowrun

import (
	"cmp"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/flow"
)

const (
	// longestChain is how long functions may take together when nothing is said or waited for between
	// them. In Amazon Connect the flow takes the error branch then.
	//
	// Source: https://docs.aws.amazon.com/connect/latest/adminguide/connect-lambda-functions.html
	longestChain = 20 * time.Second
	// longestFunction is what one function adds at most: it may have been called again after a restart.
	longestFunction = 8 * time.Second
)

// chained counts the time of functions that follow each other, and notes once when it is too long for
// Amazon Connect. The record still has the call.
func (r *record) chained(e event, said *flow.Event, now time.Time) (note string) {
	if r.Call == nil || e.answer == nil || r.Call.Ask.Type != "InvokeLambdaFunction" {
		r.Chain = 0
		return ""
	}
	before := r.Chain
	r.Chain += min(now.Sub(r.Call.Asked), longestFunction)
	if before > longestChain || r.Chain <= longestChain {
		return ""
	}
	note = fmt.Sprintf("the functions before this block and its own have taken %s with nothing said between them: Amazon Connect allows %s, and takes the error branch then; "+
		"say something in between, or call them asynchronously", r.Chain.Round(100*time.Millisecond), longestChain)
	said.Note = cmp.Or(said.Note, note)
	return note
}
