package diagnosis

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Problem is one refusal or failure: a rule and what is particular to this time.
// It is an error whose text is the sentence; the cause, if any, is for the log.
//
//nolint:errname // a problem is an answer first; it is an error so that handlers can return it
type Problem struct {
	Rule Rule
	// Status, Code, Sentence and Hint are the rule's own unless set.
	Status               int
	Code, Sentence, Hint string
	// Message is the service's own text, where it may be shown; the sentence otherwise.
	Message string
	// Field is the request member at fault, as a path ("ParticipantDetails.DisplayName").
	Field string
	// RequestID is AWS's, or our own.
	RequestID string
	// RetryAfter is how long a caller should wait; zero says nothing.
	RetryAfter time.Duration
	// Allow lists the methods of a 405 answer.
	Allow string
	// Cause goes to the log only.
	Cause error

	unlinked bool // no link to the rule
}

// New returns a problem by the rule of the given id. The sentence is formatted as
// [fmt.Sprintf] does; an empty one keeps the rule's general sentence.
func New(id ID, sentence string, args ...any) *Problem {
	rule := Lookup(id)
	p := &Problem{
		Rule: rule, Status: rule.Status, Code: rule.Code, Sentence: rule.Sentence, Hint: rule.Remedy,
		RetryAfter: rule.RetryAfter,
	}
	if sentence != "" {
		p.Sentence = fmt.Sprintf(sentence, args...)
	}
	if p.Status == 0 {
		p.Status = http.StatusInternalServerError
	}
	return p
}

// Error implements error.
func (p *Problem) Error() string { return p.Sentence }

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.Cause }

// envelope is the error answer: one part for people and our own tools, one (data.Error) for
// pages written against the original production endpoint, one for AWS SDKs.
type envelope struct {
	Error     string       `json:"error"`
	Code      string       `json:"code"`
	Field     string       `json:"field,omitempty"`
	Hint      string       `json:"hint,omitempty"`
	Docs      string       `json:"docs,omitempty"`
	RequestID string       `json:"requestId,omitempty"`
	Data      envelopeData `json:"data"`
	// Type and Message are where AWS SDKs look for an error's name and text.
	Type    string `json:"__type"`
	Message string `json:"message"`
}

type envelopeData struct {
	Error envelopeError `json:"Error"`
}

type envelopeError struct {
	Name       string `json:"name"`
	Code       string `json:"code"`
	Message    string `json:"message"`
	StatusCode int    `json:"statusCode"`
	RequestID  string `json:"requestId,omitempty"`
}

// JSON returns the error answer. docs is the address of the page that explains the
// rules, without a fragment ("http://localhost:3000/docs/errors"); empty leaves the
// link out.
func (p *Problem) JSON(docs string) []byte {
	message := p.Message
	if message == "" {
		message = p.Sentence
	}
	if p.unlinked {
		docs = ""
	}
	if docs != "" {
		docs += p.Rule.anchor()
	}
	body, err := json.Marshal(envelope{
		Error: p.Sentence, Code: p.Code, Field: p.Field, Hint: p.Hint, Docs: docs, RequestID: p.RequestID,
		Data: envelopeData{Error: envelopeError{
			Name: p.Code, Code: p.Code, Message: message, StatusCode: p.Status, RequestID: p.RequestID,
		}},
		Type: p.Code, Message: message,
	})
	if err != nil { // strings and integers always encode
		return []byte(`{"error":"internal error","code":"InternalFailure"}`)
	}
	return body
}

// Write answers an HTTP request with the problem.
func (p *Problem) Write(w http.ResponseWriter, docs string) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Amzn-Errortype", p.Code)
	if p.Allow != "" {
		h.Set("Allow", p.Allow)
	}
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((p.RetryAfter+time.Second-1)/time.Second)))
	}
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(p.JSON(docs), '\n')) // the client is gone: nobody left to tell
}

// DocsURL returns the address of the page that explains the rules, for the answer to a
// request. A configured address stays as it is; a path is put on the host that was called,
// so that a phone or an emulator can follow the link too.
func DocsURL(configured string, r *http.Request) string { return HostURL(configured, r) }

// HostURL returns a configured address as it is, and a path on the host that a request was sent to.
func HostURL(configured string, r *http.Request) string {
	if configured == "" || configured[0] != '/' {
		return configured
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + r.Host + configured
}
