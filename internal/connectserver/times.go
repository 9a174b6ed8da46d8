package connectserver

import (
	"strconv"
	"time"
)

// epoch is a time as the service's model sends it: a number, seconds since 1970, with
// milliseconds. SDKs refuse any other form.
type epoch struct{ time.Time }

// MarshalJSON implements [encoding/json.Marshaler].
func (e epoch) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(e.UnixMilli())/1000, 'f', -1, 64), nil
}

// isoTime writes a time as the members do that are texts in the model.
func isoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }
