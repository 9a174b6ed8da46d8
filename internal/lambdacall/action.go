package lambdacall

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/flow"
)

// Limits of the action, in seconds.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/invoke-lambda-function-block.html
const (
	usualLimit               = 3
	longestLimit             = 8
	longestLimitAsynchronous = 60
)

// action are the parameters of InvokeLambdaFunction that say how the function is called.
type action struct {
	limit        time.Duration
	asynchronous bool
	nested       bool // the answer may be any object, and not a flat one of texts
	notes        []string
}

// readAction reads them. A limit outside of the bounds becomes the nearest within, and what was made of
// a wrong parameter is a note.
func readAction(ask *flow.Ask) action {
	a := action{asynchronous: strings.EqualFold(flow.Text(ask.Parameters["InvocationType"]), "ASYNCHRONOUS")}
	longest := longestLimit
	if a.asynchronous {
		longest = longestLimitAsynchronous
	}
	text := flow.Text(ask.Parameters["InvocationTimeLimitSeconds"])
	seconds, err := strconv.ParseFloat(text, 64)
	switch {
	case text == "":
		seconds = usualLimit
	case err != nil || seconds != seconds: // not a number
		seconds = usualLimit
		a.notes = append(a.notes, fmt.Sprintf("the time limit %q is no number of seconds; %d are taken", brief(text), usualLimit))
	case seconds < 1 || seconds > float64(longest):
		seconds = min(max(seconds, 1), float64(longest))
		a.notes = append(a.notes, fmt.Sprintf("the time limit %s is not from 1 to %d seconds; %g are taken", brief(text), longest, seconds))
	}
	a.limit = time.Duration(seconds * float64(time.Second))
	validation, _ := ask.Parameters["ResponseValidation"].(map[string]any)
	switch kind := flow.Text(validation["ResponseType"]); kind {
	case "", "STRING_MAP":
	case "JSON":
		a.nested = true
	default:
		a.notes = append(a.notes, fmt.Sprintf("there is no ResponseType %q; STRING_MAP is taken", brief(kind)))
	}
	return a
}
