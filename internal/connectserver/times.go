package connectserver

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// epoch is a time as the service's model sends it: a number, seconds since 1970, with
// milliseconds. SDKs refuse any other form.
type epoch struct{ time.Time }

// MarshalJSONTo implements [github.com/go-json-experiment/json.MarshalerTo], so that a long list is written without a text for each time.
func (e epoch) MarshalJSONTo(to *jsontext.Encoder) error {
	return to.WriteToken(jsontext.Float(e.seconds()))
}

func (e epoch) seconds() float64 { return float64(e.UnixMilli()) / 1000 }

// isoTime writes a time as the members do that are texts in the model.
func isoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }
