package lexserver

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/lex"
	"github.com/parley-chat/parley/internal/lexbot"
)

// request is the body of RecognizeText, and of PutSession.
type request struct {
	Text       *string           `json:"text"`
	State      json.RawMessage   `json:"sessionState"`
	Messages   []lex.Message     `json:"messages"`
	Attributes map[string]string `json:"requestAttributes"`
}

// longestAttributes bounds the attributes of a request, in bytes.
//
// Source: "Runtime quotas" in the Lex V2 developer guide.
const longestAttributes = 12 << 10

// read reads the body of a request.
func (c *call) read() (*request, error) {
	in := &request{}
	if err := json.Unmarshal(c.body, in); err != nil {
		text := "The request body is not a JSON object."
		if shape, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			text = fmt.Sprintf("The request body cannot be read: %s is a %s.", cmp.Or(shape.Field, "it"), shape.Value)
		}
		return nil, &lex.Failure{Kind: "SerializationException", Text: text}
	}
	if bytes.Equal(in.State, []byte("null")) {
		in.State = nil
	}
	var state struct {
		Attributes map[string]string `json:"sessionAttributes"`
	}
	_ = json.Unmarshal(in.State, &state) // what is wrong with it is told by who takes it
	for name, attributes := range map[string]map[string]string{"requestAttributes": in.Attributes, "sessionState.sessionAttributes": state.Attributes} {
		size := 0
		for key, value := range attributes {
			size += len(key) + len(value)
		}
		if size > longestAttributes {
			return nil, invalid("%s have %d bytes, and may have at most %d", name, size, longestAttributes)
		}
	}
	return in, nil
}

// given reads the state of a request; nil for none.
func (in *request) given() (*lex.Given, error) {
	if len(in.State) == 0 {
		return nil, nil //nolint:nilnil // none is no error
	}
	return lex.ReadGiven(in.State, in.Messages) //nolint:wrapcheck // it is Lex's answer
}

// turn takes a step of the session of a call.
func (s *Service) turn(ctx context.Context, c *call, in lex.Input) (*lex.Turn, error) {
	h, ok := s.sessions.begin(c.key, c.bot.TTL(), c.now)
	if !ok {
		return nil, &lex.Failure{Kind: "ConflictException", Text: "Another call for this session is not answered yet: send one after the other."}
	}
	var next *lexbot.Memory
	defer func() { s.sessions.end(h, next) }()
	in.Now = c.now
	done, after, err := c.bot.Turn(ctx, c.key.session, h.session, in)
	if err != nil {
		return nil, err //nolint:wrapcheck // it is Lex's answer
	}
	next = &after
	return &done, nil
}

// shown is what the answers say of a session.
type shown struct {
	Messages        []lex.Message        `json:"messages"`
	State           lex.State            `json:"sessionState"`
	Interpretations []lex.Interpretation `json:"interpretations"`
	Request         map[string]string    `json:"requestAttributes,omitempty"`
	SessionID       string               `json:"sessionId"`
}

func (c *call) show(session *lex.Session, attributes map[string]string) *shown {
	out := &shown{session.Said, c.bot.State(session), c.bot.Interpretations(session), attributes, c.key.session}
	out.State.RequestID = c.id
	if out.Messages == nil {
		out.Messages = []lex.Message{}
	}
	return out
}

// recognizeText carries out RecognizeText.
//
// Source: https://docs.aws.amazon.com/lexv2/latest/APIReference/API_runtime_RecognizeText.html
func (s *Service) recognizeText(ctx context.Context, c *call) (answer, error) {
	in, err := c.read()
	if err != nil {
		return nil, err
	}
	if in.Text == nil {
		return nil, invalid("text is missing")
	}
	given, err := in.given()
	if err != nil {
		return nil, err
	}
	done, err := s.turn(ctx, c, lex.Input{Text: *in.Text, Given: given, Request: in.Attributes})
	if err != nil {
		return nil, err
	}
	return written(c.id, c.show(&done.Session, done.Request))
}

// putSession carries out PutSession.
//
// Source: https://docs.aws.amazon.com/lexv2/latest/APIReference/API_runtime_PutSession.html
func (s *Service) putSession(ctx context.Context, c *call) (answer, error) {
	// The header is called so here, and Response-Content-Type in RecognizeUtterance.
	wanted := cmp.Or(c.header.Get("ResponseContentType"), "text/plain; charset=utf-8")
	if !strings.HasPrefix(wanted, "text/plain") {
		return nil, invalid("ResponseContentType has to be text/plain; charset=utf-8: the bots here do not speak")
	}
	in, err := c.read()
	if err != nil {
		return nil, err
	}
	given, err := in.given()
	if err != nil {
		return nil, err
	}
	if given == nil {
		return nil, invalid("sessionState is missing")
	}
	done, err := s.turn(ctx, c, lex.Input{Given: given, Put: true, Request: in.Attributes})
	if err != nil {
		return nil, err
	}
	out := c.show(&done.Session, done.Request)
	headers := map[string]any{"x-amz-lex-messages": out.Messages, "x-amz-lex-session-state": out.State}
	if len(out.Request) > 0 {
		headers["x-amz-lex-request-attributes"] = out.Request
	}
	packed := http.Header{}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		text, err := pack(headers[name])
		if err != nil {
			return nil, err
		}
		packed.Set(name, text)
		packed.Add("Access-Control-Expose-Headers", name) // to the pages that may call
	}
	packed.Set("x-amz-lex-session-id", c.key.session)
	packed.Add("Access-Control-Expose-Headers", "x-amz-lex-session-id")
	return func(w http.ResponseWriter) {
		h := w.Header()
		for name, values := range packed {
			h[name] = append(h[name], values...)
		}
		h.Set(awswire.HeaderRequestID, c.id)
		h.Set("Content-Type", wanted)
		h.Set("Content-Length", "0")
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusOK)
	}, nil
}

// pack makes the text of a header: JSON, compressed, in base64.
func pack(value any) (string, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("encoding a header: %w", err)
	}
	var out bytes.Buffer
	to := gzip.NewWriter(&out)
	_, err = to.Write(data)
	if err = errors.Join(err, to.Close()); err != nil {
		return "", fmt.Errorf("compressing a header: %w", err)
	}
	return base64.StdEncoding.EncodeToString(out.Bytes()), nil
}

// getSession carries out GetSession.
//
// Source: https://docs.aws.amazon.com/lexv2/latest/APIReference/API_runtime_GetSession.html
func (s *Service) getSession(_ context.Context, c *call) (answer, error) {
	session, ok := s.sessions.read(c.key, c.now)
	if !ok {
		return nil, c.noSession()
	}
	return written(c.id, c.show(&session.Session, nil))
}

func (c *call) noSession() error {
	return &lex.Failure{Kind: "ResourceNotFoundException", Text: fmt.Sprintf("There is no session with this id: the bot keeps one for %s after its last call.", c.bot.TTL())}
}

// deleteSession carries out DeleteSession.
//
// Source: https://docs.aws.amazon.com/lexv2/latest/APIReference/API_runtime_DeleteSession.html
func (s *Service) deleteSession(_ context.Context, c *call) (answer, error) {
	switch there, busy := s.sessions.remove(c.key, c.now); {
	case busy:
		return nil, &lex.Failure{Kind: "ConflictException", Text: "Another call for this session is not answered yet."}
	case !there:
		return nil, c.noSession()
	}
	return written(c.id, map[string]string{"botId": c.key.bot, "botAliasId": c.key.alias, "localeId": c.key.locale, "sessionId": c.key.session})
}
