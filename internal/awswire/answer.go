package awswire

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// WriteError answers a call with an error: name and request id as headers, name and text
// in the body as well, because a browser shows a page only the headers it was told to
// expose, and because live services write the text's member in either case. An error
// without a request id gets one.
func WriteError(w http.ResponseWriter, e *Error) {
	body, err := json.Marshal(struct {
		Type    string `json:"__type"`
		Upper   string `json:"Message"`
		Message string `json:"message"`
	}{e.Name, e.Message, e.Message})
	if err != nil { // three strings always encode
		body = []byte("{}")
	}
	if len(e.Members) > 0 {
		if more, err := json.Marshal(e.Members); err == nil {
			body = append(append(body[:len(body)-1], ','), more[1:]...)
		}
	}
	w.Header().Set(HeaderErrorType, e.Name)
	if e.RetryAfter > 0 {
		seconds := (e.RetryAfter + time.Second - 1) / time.Second
		w.Header().Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	write(w, e.Status, e.RequestID, body)
}

// WriteMethodNotAllowed answers a call to a path whose operations have the methods given.
func WriteMethodNotAllowed(w http.ResponseWriter, allowed ...string) {
	w.Header()["Allow"] = allowed
	WriteError(w, &Error{
		Status: http.StatusMethodNotAllowed, Name: "UnknownOperationException", Message: "The operation at this path has another method.",
	})
}

// WriteJSON answers a call that succeeded. body is a whole JSON object; an empty request id
// is replaced by a new one.
func WriteJSON(w http.ResponseWriter, requestID string, body []byte) {
	write(w, http.StatusOK, requestID, body)
}

func write(w http.ResponseWriter, status int, requestID string, body []byte) {
	if requestID == "" {
		requestID = uuid.NewString()
	}
	h := w.Header()
	h.Set(HeaderRequestID, requestID)
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller is gone when this fails
}
