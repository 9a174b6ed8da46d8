package lexbot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/parley-chat/parley/internal/awscall"
	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/lex"
)

// recognized is the answer of RecognizeText.
//
// Source: https://docs.aws.amazon.com/lexv2/latest/APIReference/API_runtime_RecognizeText.html
type recognized struct {
	Messages        []lex.Message        `json:"messages"`
	SessionState    lex.State            `json:"sessionState"`
	Interpretations []lex.Interpretation `json:"interpretations"`
}

// recognize makes the request of a turn: its path and its body.
func recognize(t *turn, bot, alias string) (path string, body []byte, err error) {
	locale := strings.ReplaceAll(cmp.Or(t.locale, "en_US"), "-", "_")
	path = "/bots/" + awscall.Escape(bot) + "/botAliases/" + awscall.Escape(alias) + "/botLocales/" + awscall.Escape(locale) + "/sessions/" + awscall.Escape(t.sessionID) + "/text"
	in := map[string]any{"text": t.text, "requestAttributes": request()}
	if t.attributes != nil {
		in["sessionState"] = map[string]any{"sessionAttributes": t.attributes}
	}
	body, err = json.Marshal(in)
	return path, body, err //nolint:wrapcheck // maps of texts always encode
}

// read reads the answer of RecognizeText.
func read(body []byte) (*said, error) {
	var r recognized
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, &unreadError{fmt.Errorf("the bot's answer is not that of RecognizeText: %w", err), body}
	}
	if r.SessionState.DialogAction == nil {
		return nil, errors.New("the bot's answer has no sessionState.dialogAction")
	}
	return &said{messages: r.Messages, state: r.SessionState, readings: r.Interpretations}, nil
}

// endpoint is an address with the runtime API of Lex V2.
type endpoint struct {
	url    string
	client *http.Client
}

func newEndpoint(url string) *endpoint {
	return &endpoint{strings.TrimSuffix(url, "/"), direct()}
}

// turn implements engine.
func (e *endpoint) turn(ctx context.Context, t *turn) (*said, error) {
	bot := t.named.botID
	for _, name := range t.named.names {
		bot = cmp.Or(bot, name)
	}
	path, body, err := recognize(t, cmp.Or(bot, "bot"), cmp.Or(t.named.aliasID, "TSTALIASID"))
	if err != nil {
		return nil, err
	}
	data, err := post(ctx, e.client, "the bot", e.url+path, body)
	if err != nil {
		return nil, err
	}
	return read(data)
}

// lexRuntime returns a caller of Amazon Lex with the user's credentials.
func lexRuntime(cfg *Config) *awscall.Regional {
	return awscall.NewRegional(
		awscall.Service{ID: "Lex Runtime V2", Signing: "lex", Host: "runtime-v2-lex", Title: "Amazon Lex"},
		awscall.Config{Region: cfg.Region, Profile: cfg.Profile, UserAgent: cfg.UserAgent, Log: cfg.Log},
	)
}

// remoteBot is the bot of an alias's ARN, or with "true" the one that the flow names.
func remoteBot(aws *awscall.Regional, arn string) engine {
	r := reference{arn: arn}
	r.read()
	return inAWS{aws, r}
}

// inAWS is a bot of AWS.
type inAWS struct {
	aws   *awscall.Regional
	named reference // in the configuration; empty for the one that the flow names
}

// turn implements engine.
func (b inAWS) turn(ctx context.Context, t *turn) (*said, error) {
	named := t.named
	if b.named.botID != "" {
		named = b.named
	}
	if named.botID == "" {
		return nil, errors.New("the flow names no alias by its ARN: give the ARN under aws of the bot's entry")
	}
	path, body, err := recognize(t, named.botID, named.aliasID)
	if err != nil {
		return nil, err
	}
	answer, err := b.aws.Call(ctx, named.region, awscall.Operation{Method: http.MethodPost, Path: path, ContentType: "application/json"}, body)
	if err != nil {
		return nil, errors.New(excerpt.Of(b.aws.Explain(err), 300))
	}
	return read(answer.Body)
}
