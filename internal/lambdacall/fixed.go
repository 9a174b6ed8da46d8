package lambdacall

import (
	"context"
	"encoding/json"

	"github.com/parley-chat/parley/internal/flow"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/glob"
)

// fixed are answers that stand in the configuration.
type fixed []Case

// invoke implements invoker: the first answer whose parameters are those of the event.
func (f fixed) invoke(_ context.Context, _ arn.Function, event []byte) (reply, error) {
	var sent struct {
		Details struct{ Parameters map[string]any }
	}
	_ = json.Unmarshal(event, &sent) // the event of a bot has other members
	for i := range f {
		if f[i].fits(sent.Details.Parameters) {
			var e functionError
			err := json.Unmarshal(f[i].Answer, &e) // what is no object is no error, and judged as an answer
			return reply{body: f[i].Answer, failed: err == nil && e.Message != ""}, nil
		}
	}
	return reply{}, failuref("none of the answers in parley.yaml is for these parameters; add one without parameters as the last")
}

// fits reports whether an answer is for a call with parameters.
func (c *Case) fits(parameters map[string]any) bool {
	for name, pattern := range c.Parameters {
		value, there := parameters[name]
		if !there || !glob.Match(pattern, flow.Text(value)) {
			return false
		}
	}
	return true
}
