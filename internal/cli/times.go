package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// compact returns JSON in one line.
func compact(text []byte) string {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return strings.TrimSpace(string(text))
	}
	return b.String()
}

// clockTime and dateTime show when something happened, where the user is.
func clockTime(t time.Time) string { return t.Local().Format("15:04:05") }

func dateTime(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

// span shows a length of time, to the second or, when short, finer.
func span(d time.Duration) string {
	if d > -10*time.Second && d < 10*time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
