package inspect

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// HAR returns what a query chooses as an HTTP archive, see [Recorder.WriteHAR].
func (r *Recorder) HAR(q Query) []byte {
	var b bytes.Buffer
	_ = r.WriteHAR(&b, q) // a buffer takes everything
	return b.Bytes()
}

// WriteHAR writes what a query chooses as an HTTP archive, version 1.2: an entry for each
// request. The frames of a socket stand in the entry of the request that began it, as Chromium
// writes them (_webSocketMessages), as the client saw them: "send" is what came in. Members of
// ours begin with an underscore. Errors are those of the writer.
//
// Source: http://www.softwareishard.com/blog/har-12-spec/
func (r *Recorder) WriteHAR(w io.Writer, q Query) error {
	list, _ := r.List(q)
	messages := map[string][]harMessage{}
	began := map[string]bool{}
	for i := range list {
		e := &list[i]
		if e.Kind == Frame {
			messages[e.SocketID] = append(messages[e.SocketID], harMessageOf(e))
		} else if e.Method != "" {
			began[e.ID] = true
		}
	}
	out := bufio.NewWriter(w)
	_, _ = out.WriteString(`{"log":{"version":"1.2","creator":{"name":"Parley","version":"1"},"pages":[],"entries":[`) // Flush tells
	first := true
	write := func(entry *harEntry) error {
		text, err := json.Marshal(entry)
		if err != nil {
			return fmt.Errorf("encoding an entry: %w", err)
		}
		if !first {
			_, _ = out.WriteString(",\n") // Flush tells
		}
		first = false
		_, _ = out.Write(text) // Flush tells
		return nil
	}
	for i := range list {
		e := &list[i]
		switch {
		case e.Method != "":
			if err := write(harEntryOf(e, messages[e.ID])); err != nil {
				return err
			}
		case e.Kind == Frame && !began[e.SocketID]: // its request is forgotten, or not chosen
			began[e.SocketID] = true
			if err := write(harEntryOf(lostRequest(e), messages[e.SocketID])); err != nil {
				return err
			}
		}
	}
	_, _ = out.WriteString("]}}\n") // Flush tells
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing an archive: %w", err)
	}
	return nil
}

// lostRequest stands for the request of a socket that is not among the exchanges, by one of its
// frames.
func lostRequest(frame *Exchange) *Exchange {
	e := *frame
	e.ID, e.Kind, e.Method, e.Protocol, e.Path = frame.SocketID, Socket, http.MethodGet, "HTTP/1.1", "/participant/websocket"
	e.Status, e.RequestBody, e.ResponseBody, e.Size, e.ContentType = http.StatusSwitchingProtocols, "", "", 0, ""
	return &e
}

// harEntry is an exchange as an archive has it. Members with an underscore are outside of the format:
// _resourceType and _webSocketMessages are those of Chrome, the others ours.
type harEntry struct {
	Started  string      `json:"startedDateTime"`
	Time     float64     `json:"time"`
	Request  harRequest  `json:"request"`
	Response harResponse `json:"response"`
	Cache    struct{}    `json:"cache"`
	Timings  harTimings  `json:"timings"`
	Comment  string      `json:"comment,omitempty"`

	ResourceType  string       `json:"_resourceType,omitempty"`
	Messages      []harMessage `json:"_webSocketMessages,omitempty"`
	ID            string       `json:"_id"`
	ContactID     string       `json:"_contactId,omitempty"`
	ParticipantID string       `json:"_participantId,omitempty"`
	Role          string       `json:"_role,omitempty"`
	Action        string       `json:"_action,omitempty"`
	Fault         string       `json:"_fault,omitempty"`
	Problem       *Problem     `json:"_problem,omitempty"`
}

// harRequest is what was asked. A size of -1 is not known.
type harRequest struct {
	Method      string   `json:"method"`
	URL         string   `json:"url"`
	Protocol    string   `json:"httpVersion"`
	Cookies     []Header `json:"cookies"`
	Headers     []Header `json:"headers"`
	Query       []Header `json:"queryString"`
	Body        *harPost `json:"postData,omitempty"`
	HeadersSize int      `json:"headersSize"`
	BodySize    int64    `json:"bodySize"`
}

// harPost is a body as it was sent. The list of its parameters (params) is left out: it and the
// text exclude each other.
type harPost struct {
	MIMEType string `json:"mimeType"`
	Text     string `json:"text"`
	Comment  string `json:"comment,omitempty"`
}

// harResponse is what was answered. A size of -1 is not known.
type harResponse struct {
	Status      int        `json:"status"`
	StatusText  string     `json:"statusText"`
	Protocol    string     `json:"httpVersion"`
	Cookies     []Header   `json:"cookies"`
	Headers     []Header   `json:"headers"`
	Content     harContent `json:"content"`
	Redirect    string     `json:"redirectURL"`
	HeadersSize int        `json:"headersSize"`
	BodySize    int64      `json:"bodySize"`
}

// harContent is the body of an answer. Its size counts what the record left out, too.
type harContent struct {
	Size     int64  `json:"size"`
	MIMEType string `json:"mimeType"`
	Text     string `json:"text,omitempty"`
	Comment  string `json:"comment,omitempty"`
}

// harTimings are in milliseconds; -1 is what does not apply.
type harTimings struct {
	Blocked float64 `json:"blocked"`
	DNS     float64 `json:"dns"`
	Connect float64 `json:"connect"`
	SSL     float64 `json:"ssl"`
	Send    float64 `json:"send"`
	Wait    float64 `json:"wait"`
	Receive float64 `json:"receive"`
}

// harMessage is a frame as Chromium writes it: time in seconds since 1970, opcode 1 for text.
type harMessage struct {
	Type   string  `json:"type"`
	Time   float64 `json:"time"`
	Opcode int     `json:"opcode"`
	Data   string  `json:"data"`
}

func harMessageOf(e *Exchange) harMessage {
	kind := "receive"
	if e.Direction == In {
		kind = "send"
	}
	return harMessage{Type: kind, Time: float64(e.Time.UnixMicro()) / 1e6, Opcode: 1, Data: e.Text()}
}

// harEntryOf is an exchange with the messages of the socket that it opened.
func harEntryOf(e *Exchange, messages []harMessage) *harEntry {
	const unknown = -1
	entry := &harEntry{
		Started: e.Time.Format(time.RFC3339Nano), Time: e.DurationMs,
		Request: harRequest{
			Method: e.Method, URL: e.URL(), Protocol: e.Protocol, Cookies: []Header{}, Headers: some(e.RequestHeaders),
			Query: harQuery(e.Path), HeadersSize: unknown, BodySize: e.RequestSize,
		},
		Response: harResponse{
			Status: e.Status, StatusText: http.StatusText(e.Status), Protocol: e.Protocol, Cookies: []Header{},
			Headers: some(e.ResponseHeaders), HeadersSize: unknown, BodySize: e.Size,
			Content:  harContent{Size: e.Size, MIMEType: mimeType(e.ContentType), Text: e.ResponseBody},
			Redirect: headerOf(e.ResponseHeaders, "Location"),
		},
		Timings: harTimings{
			Blocked: unknown, DNS: unknown, Connect: unknown, SSL: unknown,
			Wait: e.FirstByteMs, Receive: max(0, e.DurationMs-e.FirstByteMs),
		},
		ID: e.ID, ContactID: e.ContactID, ParticipantID: e.ParticipantID, Role: e.Role, Action: e.Action,
		Fault: e.Fault, Problem: e.Problem,
	}
	if e.RequestBody != "" || e.RequestOmitted {
		entry.Request.Body = &harPost{
			MIMEType: mimeType(headerOf(e.RequestHeaders, "Content-Type")), Text: e.RequestBody,
		}
	}
	if e.RequestOmitted {
		entry.Request.Body.Comment = "not kept"
	}
	if e.ResponseOmitted {
		entry.Response.Content.Comment = "not kept"
	}
	if e.Truncated {
		entry.Comment = "A body was longer than what is kept."
	}
	if e.Kind == Socket {
		entry.ResourceType, entry.Messages = "websocket", messages
		entry.Request.URL = "ws" + strings.TrimPrefix(entry.Request.URL, "http")
	}
	return entry
}

// some is a list that is an array in JSON even when it is empty.
func some(list []Header) []Header {
	if list == nil {
		return []Header{}
	}
	return list
}

func headerOf(list []Header, name string) string {
	for i := range list {
		if strings.EqualFold(list[i].Name, name) {
			return list[i].Value
		}
	}
	return ""
}

// mimeType is what an archive needs even where nothing was said.
func mimeType(contentType string) string {
	if contentType == "" {
		return "x-unknown"
	}
	return contentType
}

// harQuery are the parameters of an address, in order.
func harQuery(address string) []Header {
	_, query, _ := strings.Cut(address, "?")
	list := []Header{}
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		list = append(list, Header{unescape(name), unescape(value)})
	}
	return list
}
