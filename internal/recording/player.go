package recording

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chatsocket"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/participant"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/startchat"
)

// Config is what a [Player] needs. Only Recording is required.
type Config struct {
	Recording *Recording
	// Name is what people call the recording: its file.
	Name string
	// Speed is how many times as fast as it went a chat is played; zero leaves all pauses out.
	Speed float64
	// PublicURL is the address clients reach this server at. Empty means that every client is
	// told addresses on the host it asked.
	PublicURL string
	// Tap hears of every call and frame; nil costs nothing.
	Tap participant.Tap
	// Log gets what clients do that the recording does not have; nil discards.
	Log *slog.Logger
}

const (
	// maxSessions bounds the chats that are remembered. When there are more, the oldest end.
	maxSessions = 1000
	// maxSockets bounds the sockets that are open at a time.
	maxSockets = 1024
)

// Player answers like the server of a recording: a chat that is started gets a recorded chat,
// with ids and tokens of its own. It is safe for concurrent use.
type Player struct {
	recording *Recording
	name      string
	speed     float64
	addresses *participant.Addresses
	tap       participant.Tap
	log       *slog.Logger
	actionOf  func(*http.Request) string
	ctx       context.Context //nolint:containedctx // it ends what the player does by itself
	stop      context.CancelFunc
	open      *chatsocket.Hub[*socket] // with the goroutines that play

	mu       sync.Mutex
	played   map[*Chat]int
	sessions []*session          // in the order in which they began
	tokens   map[string]*ticket  // what clients show
	starts   map[string]*session // by client token
}

// ticket is a token that was given out.
type ticket struct {
	session *session
	kind    tokenKind
}

type tokenKind uint8

const (
	participantToken tokenKind = iota
	connectionToken
	socketTicket
	fileTicket
)

var (
	_ startchat.Starter = (*Player)(nil)
	_ http.Handler      = (*Player)(nil)
)

// New returns a player. It calls nobody.
func New(cfg Config) (*Player, error) {
	if cfg.Recording == nil || len(cfg.Recording.Chats) == 0 {
		return nil, errors.New("a player needs a recording with a chat")
	}
	addresses, err := participant.NewAddresses(cfg.PublicURL)
	if err != nil {
		return nil, err
	}
	p := &Player{
		recording: cfg.Recording, name: cfg.Name, speed: cfg.Speed, addresses: addresses, tap: cfg.Tap, log: cfg.Log,
		actionOf: participant.Finder(), played: map[*Chat]int{}, tokens: map[string]*ticket{}, starts: map[string]*session{},
		open: chatsocket.NewHub[*socket](maxSockets),
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	p.ctx, p.stop = context.WithCancel(context.Background())
	return p, nil
}

// StartChatContact implements [startchat.Starter]: it begins the recorded chat that was played
// least often, the earliest first, and of those one whose customer has the same name if there
// is one.
func (p *Player) StartChatContact(_ context.Context, request *startchat.Request) (*startchat.Result, error) {
	metadata := startchat.Metadata{HTTPStatusCode: http.StatusOK, RequestID: uuid.NewString(), Attempts: 1}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.starts[request.ClientToken]
	if request.ClientToken == "" || s == nil {
		chat := p.next(displayName(string(request.Body)))
		p.played[chat]++
		if refusal := chat.refusal(); refusal != nil {
			metadata.HTTPStatusCode = refusal.Status
			return nil, &startchat.CallError{Metadata: metadata, Err: refusal}
		}
		s = p.begin(chat, request.ClientToken)
	}
	return &startchat.Result{
		ContactID: s.ids.id(s.chat.Contact), ParticipantID: s.ids.id(s.chat.participant), ParticipantToken: s.token, Metadata: metadata,
	}, nil
}

// next chooses the chat to begin. The caller holds the lock.
func (p *Player) next(name string) *Chat {
	var best *Chat
	for _, alike := range [...]bool{true, false} {
		for _, chat := range p.recording.Chats {
			recorded := chat.customer()
			if alike && recorded != "" && recorded != name {
				continue
			}
			if best == nil || p.played[chat] < p.played[best] {
				best = chat
			}
		}
		if best != nil {
			break
		}
	}
	return best
}

// begin begins a session. The caller holds the lock.
func (p *Player) begin(chat *Chat, clientToken string) *session {
	s := newSession(p, chat)
	s.token = p.issue(s, participantToken)
	s.clientToken = clientToken
	if clientToken != "" {
		p.starts[clientToken] = s
	}
	if p.sessions = append(p.sessions, s); len(p.sessions) > maxSessions {
		p.forget(p.sessions[0])
		p.sessions = p.sessions[1:]
	}
	return s
}

// forget ends a session. The caller holds the lock.
func (p *Player) forget(s *session) {
	s.stop()
	delete(p.starts, s.clientToken)
	for token, of := range p.tokens {
		if of.session == s {
			delete(p.tokens, token)
		}
	}
}

// issue makes a token. The caller holds the lock.
func (p *Player) issue(s *session, kind tokenKind) secret.Text {
	const long = 2 // as long as it takes to be told from others once it is masked
	token := strings.Repeat(rand.Text(), long)
	p.tokens[token] = &ticket{s, kind}
	return secret.New(token)
}

// maxTickets bounds the tokens of one session; beyond, the last ones are handed out again.
const maxTickets = 1000

// token is issue for who does not hold the lock.
func (p *Player) token(s *session, kind tokenKind) secret.Text {
	p.mu.Lock()
	defer p.mu.Unlock()
	if last, ok := s.issued[kind]; ok && s.tickets >= maxTickets {
		return last
	}
	s.tickets++
	token := p.issue(s, kind)
	s.issued[kind] = token
	return token
}

// of returns whose a token is; nil for nobody's, or for one of another kind.
func (p *Player) of(token string, kind tokenKind) *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.tokens[token]; t != nil && t.kind == kind {
		return t.session
	}
	return nil
}

// refusal is the error of a chat that did not start.
func (c *Chat) refusal() *awswire.Error {
	if c.start < 0 || c.Events[c.start].Status < http.StatusBadRequest {
		return nil
	}
	e := &c.Events[c.start]
	var answer struct {
		Data struct {
			Error struct{ Name, Message string }
		}
		Message string
	}
	_ = decode(string(e.Response), &answer) // without it there is the name
	refusal := &awswire.Error{Status: e.Status, Name: e.Error, Message: answer.Message}
	if named := answer.Data.Error; named.Name != "" {
		refusal.Name, refusal.Message = named.Name, named.Message
	}
	return refusal
}

// customer is the name of a chat's customer; empty when it is not known.
func (c *Chat) customer() string {
	if c.start < 0 {
		return ""
	}
	return displayName(string(c.Events[c.start].Request))
}

// displayName is the customer's name in the request for a chat, as pages and SDKs write it.
func displayName(request string) string {
	var in struct {
		ParticipantDetails               struct{ DisplayName string }
		CustomerName, Username, Customer string
	}
	if decode(request, &in) != nil {
		return ""
	}
	for _, name := range [...]string{in.ParticipantDetails.DisplayName, in.CustomerName, in.Username} {
		if name != "" {
			return name
		}
	}
	return ""
}

// handles reports whether a request is for the player.
func handles(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/participant/") || strings.HasPrefix(r.URL.Path, filePrefix)
}

// Wrap serves the player's paths and hands every other request to next.
func (p *Player) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if handles(r) {
			p.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// MaxBodyFor returns how long the body of a request may be, in bytes; zero for requests to
// others.
func (p *Player) MaxBodyFor(r *http.Request) int64 {
	switch {
	case strings.HasPrefix(r.URL.Path, filePrefix):
		return maxFile
	case handles(r):
		return participant.MaxBody
	}
	return 0
}

// Text describes the recording in one line.
func (p *Player) Text() string {
	chats := "1 chat"
	if n := len(p.recording.Chats); n != 1 {
		chats = fmt.Sprintf("%d chats", n)
	}
	text := fmt.Sprintf("the recording %s (%s of %s", p.name, chats, p.recording.Header.Created.Format(time.DateOnly))
	if p.recording.Header.Upstream != "" {
		text += ", " + p.recording.Header.Upstream
	}
	return text + ")"
}

// differs is the answer to what the recording does not have.
func (p *Player) differs(r *http.Request, action, sentence string) *diagnosis.Problem {
	p.log.LogAttrs(r.Context(), slog.LevelWarn, "the client asks what the recording does not have",
		slog.String("action", action), slog.String("cause", sentence))
	return &diagnosis.Problem{
		Status: http.StatusConflict, Code: "RecordingDiffers", Sentence: sentence,
		Hint: "Let the client do what it did when " + p.name + " was recorded, or record the chat anew with --record.",
	}
}

// Drain tells all sockets to leave and admits no new ones. It does not wait.
func (p *Player) Drain() { p.open.Drain() }

// Shutdown drains, ends all chats and waits until nothing goes on. When ctx ends first the
// connections are cut and the cause is returned.
func (p *Player) Shutdown(ctx context.Context) error {
	p.Drain()
	p.stop()
	return p.open.Shutdown(ctx)
}
