package awsfake

import (
	"net/http"
	"net/url"
	"strings"
)

const recognizeText = "RecognizeText"

// Recognition is a text for a bot of Amazon Lex.
type Recognition struct {
	BotID, AliasID, Locale, SessionID string
	// Body is the request's JSON.
	Body []byte
}

// Bots lets f stand for the bots of the account; its answer is the JSON of RecognizeText's. Without it
// there are none.
//
// Source: https://docs.aws.amazon.com/lexv2/latest/APIReference/API_runtime_RecognizeText.html
func (e *Endpoint) Bots(f func(Recognition) []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.recognized = f
}

// routeRecognize finds out which bot is called.
func (c *call) routeRecognize(path string) {
	s := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if len(s) != 9 || s[0] != "bots" || s[2] != "botAliases" || s[4] != "botLocales" || s[6] != "sessions" || s[8] != "text" {
		return
	}
	c.operation, c.service = recognizeText, serviceLex
	for _, at := range []int{1, 3, 5, 7} {
		text, err := url.PathUnescape(s[at])
		if err != nil {
			text = s[at]
		}
		c.segments = append(c.segments, text)
	}
}

func (e *Endpoint) recognize(w http.ResponseWriter, r *http.Request, c call) {
	e.mu.Lock()
	recognized := e.recognized
	e.mu.Unlock()
	if recognized == nil {
		writeFault(w, r, fault{http.StatusNotFound, "ResourceNotFoundException", "No bot with ID " + c.segments[0]})
		return
	}
	w.Header().Set("Content-Type", "application/json")
	s := c.segments
	_, _ = w.Write(recognized(Recognition{s[0], s[1], s[2], s[3], append([]byte(nil), c.body...)})) // a caller that is gone needs no answer
}
