// Package lexserver is the runtime API of Amazon Lex V2 for the bots of the configuration that run here:
// what the AWS SDKs call Lex by, and clients that talk to a bot without a chat.
//
// It owns the wire format and the sessions of these callers, which no contact flow shares. It refuses to
// know how a dialogue goes and which bot is meant. Errors are AWS's, by name and status. A [Service] is
// safe for concurrent use.
//
// Source: https://docs.aws.amazon.com/lexv2/latest/APIReference/API_Operations_Amazon_Lex_Runtime_V2.html
package lexserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"time"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/fidelity"
	"github.com/parley-chat/parley/internal/lex"
	"github.com/parley-chat/parley/internal/lexbot"
)

// Config is what a [Service] needs.
type Config struct {
	// Bots are those that answer. Required.
	Bots *lexbot.Bots
	// Now is the time by which sessions expire; nil means time.Now.
	Now func() time.Time
	// Called is told the operation of every call. It must not block, and is called by many goroutines at
	// once. Nil costs nothing.
	Called func(r *http.Request, operation string)
	// Log is told of every call: Debug when it succeeded, Warn when it was refused, Error when it failed.
	// Nil discards. Texts and attributes are not logged.
	Log *slog.Logger
}

// Service is the runtime API.
type Service struct {
	cfg      Config
	sessions *sessions
}

// New returns the runtime API.
func New(cfg Config) (*Service, error) {
	if cfg.Bots == nil {
		return nil, errors.New("the runtime API of Lex needs bots")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Called == nil {
		cfg.Called = func(*http.Request, string) {}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{cfg: cfg, sessions: newSessions(mostSessions)}, nil
}

// call is a call of an operation.
type call struct {
	bot  *lexbot.Called
	key  key
	id   string // of the request
	now  time.Time
	body []byte
	// header are the headers of the request.
	header http.Header
}

// answer writes an answer that succeeded.
type answer func(w http.ResponseWriter)

// operation is an operation of the API.
type operation struct {
	name, method, below string // below the path of a session
	do                  func(s *Service, ctx context.Context, c *call) (answer, error)
	source              fidelity.Source
	note                string
}

func operations() []operation {
	return []operation{
		{
			"RecognizeText", http.MethodPost, "/text", (*Service).recognizeText, fidelity.Documentation,
			"Understood by the rules of docs/bots.md. A `sessionState` with a dialog action says what the text answers (guessed).",
		},
		{
			"PutSession", http.MethodPost, "", (*Service).putSession, fidelity.Model,
			"`Delegate` begins the intent, so the bot speaks first; messages of the request stand for the bot's own (guessed). Text only: no `audio/…`.",
		},
		{"GetSession", http.MethodGet, "", (*Service).getSession, fidelity.Model, ""},
		{"DeleteSession", http.MethodDelete, "", (*Service).deleteSession, fidelity.Model, "A session that is not there is `ResourceNotFoundException` (guessed)."},
	}
}

// unemulated are operations that are named and refused, with what to do instead.
func unemulated() map[string][3]string {
	return map[string][3]string{
		"RecognizeUtterance": {http.MethodPost, "/utterance", "send the text with RecognizeText"},
		"StartConversation":  {http.MethodPost, "/conversation", "send each text with RecognizeText"},
	}
}

// sessionPath is the path of a session.
const sessionPath = "/bots/{botId}/botAliases/{botAliasId}/botLocales/{localeId}/sessions/{sessionId}"

// Routes registers the operations, and an error for whatever else is below /bots/.
func (s *Service) Routes(mux *http.ServeMux) {
	for _, op := range operations() {
		mux.HandleFunc(op.method+" "+sessionPath+op.below, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, &op) })
	}
	for name, at := range unemulated() {
		mux.HandleFunc(at[0]+" "+sessionPath+at[1], func(w http.ResponseWriter, r *http.Request) {
			s.cfg.Called(r, name)
			s.refuse(w, r, name, &awswire.Error{
				Status: http.StatusNotImplemented, Name: "NotImplemented",
				Message: "The bots here take texts, and " + name + " is for voice and streams: " + at[2] + ".",
			})
		})
	}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		mux.HandleFunc(method+" /bots/", func(w http.ResponseWriter, r *http.Request) {
			s.refuse(w, r, "", &awswire.Error{
				Status: http.StatusNotFound, Name: "UnknownOperationException", Message: "The runtime API of Lex V2 has no operation with this method and path.",
			})
		})
	}
}

// maxBody is the largest body that is read: state and attributes within their bounds, with room for
// escapes.
const maxBody int64 = 64 << 10

// serve answers one call of an operation.
func (s *Service) serve(w http.ResponseWriter, r *http.Request, op *operation) {
	s.cfg.Called(r, op.name)
	c := &call{id: uuid.NewString(), now: s.cfg.Now(), header: r.Header}
	body, refused := awswire.ReadBody(w, r, maxBody)
	if refused != nil {
		s.refuse(w, r, op.name, refused)
		return
	}
	c.body = body
	done, err := s.answer(r, c, op)
	if err != nil {
		refused = s.refusalOf(r.Context(), op.name, err)
		refused.RequestID = c.id
		s.refuse(w, r, op.name, refused)
		return
	}
	done(w)
	s.cfg.Log.LogAttrs(r.Context(), slog.LevelDebug, "call answered", slog.String("action", op.name), slog.String("bot", c.bot.Key), slog.String("request_id", c.id))
}

// sessionIDs are the ids that sessions may have, but for their length, which as a part of the form would
// take a hundred times the memory.
//
// Source: RecognizeText in the Lex V2 API reference.
var sessionIDs = regexp.MustCompile(`^[0-9a-zA-Z._:-]{2,}$`)

// longestID bounds the ids of sessions, and those of bots and aliases, which have ten characters on AWS.
const longestID = 100

// answer finds the bot and carries the operation out.
func (s *Service) answer(r *http.Request, c *call, op *operation) (_ answer, err error) {
	k := key{r.PathValue("botId"), r.PathValue("botAliasId"), r.PathValue("localeId"), r.PathValue("sessionId")}
	switch {
	case len(k.bot) > longestID || len(k.alias) > longestID || len(k.locale) > longestID:
		return nil, invalid("botId, botAliasId and localeId have at most %d characters.", longestID)
	case len(k.session) > longestID || !sessionIDs.MatchString(k.session):
		return nil, invalid("sessionId has to be 2 to 100 letters, digits and characters of . _ : -")
	}
	if c.bot, err = s.cfg.Bots.Call(k.bot, k.alias, k.locale); err != nil {
		return nil, err //nolint:wrapcheck // it is Lex's answer
	}
	c.key = k
	return op.do(s, r.Context(), c)
}

// statuses are those of the API's errors.
func statuses() map[string]int {
	return map[string]int{
		"ValidationException": http.StatusBadRequest, "ResourceNotFoundException": http.StatusNotFound, "ConflictException": http.StatusConflict,
		"DependencyFailedException": http.StatusFailedDependency, "SerializationException": http.StatusBadRequest,
	}
}

// refusalOf is an error on the wire.
func (s *Service) refusalOf(ctx context.Context, operation string, err error) *awswire.Error {
	if failure, ok := errors.AsType[*lex.Failure](err); ok && statuses()[failure.Kind] != 0 {
		return &awswire.Error{Status: statuses()[failure.Kind], Name: failure.Kind, Message: failure.Text}
	}
	s.cfg.Log.LogAttrs(ctx, slog.LevelError, "call failed", slog.String("action", operation), slog.Any("error", err))
	// Not the 500 of a fault of the service, which SDKs would try again: the bot does the same each time.
	return &awswire.Error{Status: http.StatusFailedDependency, Name: "DependencyFailedException", Message: err.Error(), Cause: err}
}

// refuse answers with an error.
func (s *Service) refuse(w http.ResponseWriter, r *http.Request, operation string, refused *awswire.Error) {
	s.cfg.Log.LogAttrs(r.Context(), slog.LevelWarn, "call refused", slog.String("action", operation), slog.String("code", refused.Name), slog.String("message", refused.Message))
	awswire.WriteError(w, refused)
}

func invalid(format string, args ...any) error {
	return &lex.Failure{Kind: "ValidationException", Text: fmt.Sprintf(format, args...)}
}

// written answers with JSON.
func written(id string, body any) (answer, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encoding the answer: %w", err)
	}
	return func(w http.ResponseWriter) { awswire.WriteJSON(w, id, data) }, nil
}

// Fidelity describes what the runtime API does, and where it comes from.
func Fidelity() []fidelity.Entry {
	const area = "Amazon Lex V2 runtime API"
	var entries []fidelity.Entry
	for _, op := range operations() {
		entries = append(entries, fidelity.Entry{Area: area, Name: op.name, Source: op.source, Note: op.note})
	}
	return append(entries,
		fidelity.Entry{Area: area, Name: "RecognizeUtterance, StartConversation", Source: fidelity.Guessed, Note: "501 `NotImplemented`, which no SDK retries."},
		fidelity.Entry{Area: area, Name: "Bots", Source: fidelity.Guessed, Note: "Those of `bots` with a `path`; others, and other aliases and locales, are `ResourceNotFoundException` with what to write."},
		fidelity.Entry{Area: area, Name: "Sessions", Source: fidelity.Documentation, Note: "In memory, for the bot's `idleSessionTTLInSeconds` after the last call, by the chats' clock; 2,000, then the one unused for longest goes (guessed). " +
			"Two calls at once: `ConflictException`."},
		fidelity.Entry{Area: area, Name: "Protocols", Source: fidelity.Observed, Note: "HTTP/1.1 and, on the same port, HTTP/2 with prior knowledge, or over TLS for clients that offer nothing else. Signatures are accepted unseen."},
	)
}
