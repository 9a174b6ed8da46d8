package lexbot

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/lex"
)

// Service is what stands for an AI agent: answers of the configuration, or an address that is asked
// with every text.
type Service struct {
	URL     string
	Answers []lex.Generated
}

// UnmarshalJSON reads a list of answers, or an address.
func (s *Service) UnmarshalJSON(data []byte) error {
	*s = Service{}
	if json.Unmarshal(data, &s.URL) == nil {
		return nil
	}
	r := json.NewDecoder(bytes.NewReader(data))
	r.DisallowUnknownFields()
	if err := r.Decode(&s.Answers); err != nil {
		return fmt.Errorf("an answer has when, say, messages, attributes, tool and end: %w", err)
	}
	return checkMessages(s.Answers)
}

// checkMessages refuses messages of a content type that there is not.
func checkMessages(answers []lex.Generated) error {
	for _, a := range answers {
		for _, m := range a.Messages {
			if m.Type != lex.PlainText && m.Type != lex.CustomPayload && m.Type != lex.SSML {
				return fmt.Errorf("a message has the contentType %q, which is not PlainText, CustomPayload or SSML", excerpt.Of(m.Type, 40))
			}
		}
	}
	return nil
}

// Line is something that was said in a conversation with an AI agent: Role is CUSTOMER or BOT.
type Line struct {
	Role string `json:"role"`
	Text string `json:"text"`
}

// longestMemory is how many lines of a conversation an AI agent is told: they are stored with the chat.
const longestMemory = 100

// remember adds a text and its answer to a conversation.
func remember(lines []Line, text string, answer []lex.Message) []Line {
	next := append([]Line(nil), lines...)
	if text != "" {
		next = append(next, Line{"CUSTOMER", text})
	}
	for _, m := range answer {
		next = append(next, Line{"BOT", m.Content})
	}
	return next[max(0, len(next)-longestMemory):]
}

// question is what an AI agent at an address is asked.
type question struct {
	ContactID string `json:"contactId"`
	// Agent is the intent that the agent answers for, or the id of the application, as the flow has it.
	Agent     string `json:"agent"`
	Workspace string `json:"workspaceId,omitempty"`
	Alias     string `json:"alias,omitempty"`
	Locale    string `json:"locale,omitempty"`
	// Text is what the customer says, empty when an application begins. Attributes are the session
	// attributes, or the context variables; Conversation is what was said before.
	Text         string            `json:"text"`
	Attributes   map[string]string `json:"attributes"`
	Conversation []Line            `json:"conversation"`
}

// message is a message of an AI agent: a text, or an object as Lex has it.
type message lex.Message

// UnmarshalJSON implements [json.Unmarshaler].
func (m *message) UnmarshalJSON(data []byte) error {
	*m = message{Type: lex.PlainText}
	if json.Unmarshal(data, &m.Content) == nil {
		return nil
	}
	return json.Unmarshal(data, (*lex.Message)(m)) //nolint:wrapcheck // its caller says what was read
}

// ask asks an AI agent at an address.
func ask(ctx context.Context, client *http.Client, url string, q question) (*lex.Generated, error) {
	if q.Attributes == nil {
		q.Attributes = map[string]string{}
	}
	if q.Conversation == nil {
		q.Conversation = []Line{}
	}
	body, err := json.Marshal(q)
	if err != nil {
		return nil, fmt.Errorf("asking the AI agent: %w", err)
	}
	data, err := post(ctx, client, "the AI agent", url, body)
	if err != nil {
		return nil, err
	}
	var a struct {
		Messages   []message         `json:"messages"`
		Attributes map[string]string `json:"attributes"`
		Tool       string            `json:"tool"`
	}
	const form = `{"messages": ["text"], "attributes": {"name": "text"}, "tool": "Escalate"}`
	if err := json.Unmarshal(data, &a); err != nil {
		return nil, &unreadError{fmt.Errorf("the AI agent's answer is not of the form %s: %w", form, err), data}
	}
	g := &lex.Generated{Attributes: a.Attributes, Tool: a.Tool}
	for _, m := range a.Messages {
		if m.Type == lex.PlainText {
			m.Content = shown(m.Content)
		}
		if m.Content != "" {
			g.Messages = append(g.Messages, lex.Message(m))
		}
	}
	if len(g.Messages) == 0 && !g.Ends() && q.Text != "" {
		return nil, fmt.Errorf("the AI agent's answer has neither messages nor a tool: it is %s", form)
	}
	return g, checkMessages([]lex.Generated{*g})
}

var messageTags = regexp.MustCompile(`(?s)<message>(.*?)</message>`)

// shown is what customers see of a model's text: what stands between message tags, and all of a text
// without.
//
// Source: "Use agentic self-service" in the Amazon Connect administrator guide.
func shown(text string) string {
	found := messageTags.FindAllStringSubmatch(text, -1)
	if found == nil {
		return text
	}
	parts := make([]string, 0, len(found))
	for _, f := range found {
		parts = append(parts, strings.TrimSpace(f[1]))
	}
	return strings.Join(parts, "\n")
}

// longestAnswer bounds the answer of an endpoint.
const longestAnswer = 1 << 20

// unreadError is an answer that cannot be read. What it says to the customer, and of one, is for the trace
// alone, which masks it: a log is kept and passed on.
type unreadError struct {
	error
	answer []byte
}

// Unwrap returns the error without the answer.
func (e *unreadError) Unwrap() error { return e.error }

// traced is an error as the trace has it: with the beginning of an answer that cannot be read.
func traced(err error) string {
	if unread, ok := errors.AsType[*unreadError](err); ok {
		return err.Error() + ": " + excerpt.Of(string(unread.answer), 200)
	}
	return err.Error()
}

// direct returns a client that follows no redirects.
func direct() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// post posts JSON, and returns the body of a 200. Errors name who was asked.
func post(ctx context.Context, client *http.Client, whom, url string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("calling %s: %w", whom, err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("calling %s: %w", whom, err)
	}
	data, err := io.ReadAll(io.LimitReader(answer.Body, longestAnswer+1))
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return nil, fmt.Errorf("reading the answer of %s: %w", whom, err)
	}
	switch {
	case len(data) > longestAnswer:
		return nil, fmt.Errorf("the answer of %s has more than %d bytes", whom, longestAnswer)
	case answer.StatusCode != http.StatusOK:
		kind, _, _ := strings.Cut(answer.Header.Get("X-Amzn-Errortype"), ":")
		return nil, fmt.Errorf("%s answers %s: %s", whom, strings.TrimSpace(cmp.Or(answer.Status, "nothing")+" "+kind), excerpt.Of(string(data), 200))
	}
	return data, nil
}
