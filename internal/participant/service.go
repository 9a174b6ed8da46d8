// Package participant speaks the Amazon Connect Participant Service for package chat: its
// eleven HTTP actions, the chat WebSocket, and the addresses attachments are sent to and
// fetched from.
//
// It owns the wire: paths, members, limits, errors, times, frames, the life of a socket. It
// refuses to know the rules of a chat (package chat), who may reach the server and CORS
// (package guard), and where bytes are kept (package blob).
//
// Clients are fragile, so three rules hold everywhere: every answer is JSON and names its
// error in header and body; a socket is refused before it is accepted, after a pause, and
// never accepted only to be closed; chat.ended is the last thing said on a socket.
//
// A [Service] is safe for concurrent use. A socket's lock is taken after a contact's, never
// before: package chat is not called while it is held.
//
// Sources: https://docs.aws.amazon.com/connect-participant/latest/APIReference/Welcome.html
// and the clients amazon-connect-chatjs, amazon-connect-chat-ios and -android.
package participant

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/blob"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/chatsocket"
	"github.com/parley-chat/parley/internal/strict"
	"github.com/parley-chat/parley/internal/transcript"
)

// Config is what a [Service] needs. Only Chats is required.
type Config struct {
	// Chats are the chats that are spoken for.
	Chats *chat.Service
	// Blobs keep the bytes of attachments. Nil refuses attachments.
	Blobs *blob.Dir
	// Key signs the addresses of attachments, at least 16 bytes. Without one a key is made
	// that lives as long as the service.
	Key []byte
	// PublicURL is the address clients reach the server at ("https://chat.example.com").
	// Empty means that every client is told addresses on the host it asked.
	PublicURL string
	// ApprovedOrigins are the only origins whose pages may call, as browsers send them, the
	// "approved origins" of an instance. Empty means any.
	ApprovedOrigins []string
	// EncryptionKey is the ARN of a KMS key. With one, attachments are uploaded as to a bucket that
	// is encrypted with it, with three headers more. Nothing is encrypted here.
	EncryptionKey string
	// Views finds a view by the token that an interactive message named it with. Nil means
	// that there are none.
	Views func(token string) (View, bool)
	// SignIn returns the address of the page on which a customer signs in. Nil means that
	// there is none.
	SignIn func(SignIn) string
	// Scan is handed every attachment that was sent, and decides about it whenever it wants
	// with [chat.Service.Decide]. It is called in a goroutine of its own that the service
	// waits for. Nil approves attachments at once.
	Scan func(transcript.File)
	// Strict are rates and freedoms of AWS; nil is lenient.
	Strict *strict.Rules
	// Tap hears of every call and frame; nil costs nothing.
	Tap Tap
	// Faults are what is to go wrong on purpose; nil costs nothing.
	Faults Faults
	// Log gets refused calls at warn and failures of ours at error; nil discards.
	Log *slog.Logger
}

// MaxBody is the longest body an action takes, in bytes.
const MaxBody int64 = 256 << 10

// Service is the Participant Service of one embedded Amazon Connect.
type Service struct {
	chats    *chat.Service
	blobs    *blob.Dir
	signer   signer
	public   *base
	approved []string
	// encryptionKey stands in the headers of uploads; empty adds none.
	encryptionKey string
	views         func(string) (View, bool)
	signIn        func(SignIn) string
	scan          func(transcript.File)
	strict        *strict.Rules
	tap           Tap
	faults        Faults
	log           *slog.Logger
	recent        recent
	lanOnce       sync.Once
	began         time.Time
	sockets       *chatsocket.Hub[*socket]
}

// New checks the configuration and returns the service.
func New(cfg Config) (*Service, error) {
	if cfg.Chats == nil {
		return nil, errors.New("a participant service needs chats")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	switch {
	case len(cfg.Key) == 0:
		cfg.Key = make([]byte, 32)
		_, _ = rand.Read(cfg.Key) // crypto/rand never fails: it ends the program instead
	case len(cfg.Key) < 16:
		return nil, fmt.Errorf("the key for addresses has %d bytes, at least 16 are needed", len(cfg.Key))
	}
	public, err := publicBase(cfg.PublicURL)
	if err != nil {
		return nil, err
	}
	return &Service{
		chats: cfg.Chats, blobs: cfg.Blobs, signer: signer{cfg.Key}, public: public, approved: cfg.ApprovedOrigins,
		encryptionKey: cfg.EncryptionKey,
		views:         cfg.Views, signIn: cfg.SignIn, scan: cfg.Scan, strict: cfg.Strict, tap: cfg.Tap, log: cfg.Log,
		faults: cfg.Faults, began: time.Now(), sockets: chatsocket.NewHub[*socket](0),
	}, nil
}

// routes are all paths of the service. Patterns match the escaped path, so that a view's
// token may hold an escaped slash. They carry no method: the answer to a wrong one has to be
// JSON, and the iOS SDK writes methods in lower case.
func (s *Service) routes() map[string]endpoint {
	post := func(name string, do action) endpoint { return endpoint{http.MethodPost: {name, s.act(name, do)}} }
	return map[string]endpoint{
		"/participant/connection":                 post(createConnectionName, s.createConnection),
		"/participant/message":                    post("SendMessage", s.admitted(s.sendMessage)),
		"/participant/event":                      post("SendEvent", s.admitted(s.sendEvent)),
		"/participant/transcript":                 post("GetTranscript", s.admitted(s.getTranscript)),
		"/participant/disconnect":                 post("DisconnectParticipant", s.disconnect),
		"/participant/start-attachment-upload":    post("StartAttachmentUpload", s.admitted(s.startUpload)),
		"/participant/complete-attachment-upload": post("CompleteAttachmentUpload", s.admitted(s.completeUpload)),
		"/participant/attachment":                 post("GetAttachment", s.admitted(s.getAttachment)),
		"/participant/views/{token}":              {http.MethodGet: {"DescribeView", s.act("DescribeView", s.admitted(s.describeView))}},
		"/participant/authentication-url":         post("GetAuthenticationUrl", s.admitted(s.authenticationURL)),
		"/participant/cancel-authentication":      post("CancelParticipantAuthentication", s.admitted(s.cancelAuthentication)),
		chatsocket.Path:                           {http.MethodGet: {SocketAction, http.HandlerFunc(s.serveSocket)}},
		"/attachments/{id}": {
			http.MethodPut: {uploadAction, http.HandlerFunc(s.serveUpload)}, http.MethodGet: {downloadAction, http.HandlerFunc(s.serveDownload)},
		},
	}
}

// Routes registers the service's actions, and all other paths below theirs as unknown. wrap goes
// around the handler of each action, by its name; nil adds nothing. The mux redirects paths with
// doubled slashes or dots, with a page of HTML; [Unknown] is for them.
func (s *Service) Routes(mux *http.ServeMux, wrap func(action string, next http.Handler) http.Handler) {
	for pattern, methods := range s.routes() {
		for method, known := range methods {
			if wrap != nil {
				known.Handler = wrap(known.name, known.Handler)
			}
			methods[method] = known
		}
		mux.Handle(pattern, methods)
	}
	for _, below := range []string{"/participant/", "/attachments/"} {
		mux.HandleFunc(below, Unknown)
	}
}

// Unknown answers a request for a path that is no action's.
func Unknown(w http.ResponseWriter, r *http.Request) { endpoint{}.ServeHTTP(w, r) }

// MaxBodyFor returns how long the body of a request to the service may be, in bytes; zero
// for requests to others. It is for what limits bodies in front of the service.
func (s *Service) MaxBodyFor(r *http.Request) int64 {
	switch {
	case strings.HasPrefix(r.URL.Path, "/attachments/"):
		return s.chats.LargestFile()
	case strings.HasPrefix(r.URL.Path, "/participant/"):
		return MaxBody
	}
	return 0
}

// endpoint is what is served at a path, by method.
type endpoint map[string]served

// served is the handler of an action, and the action's name.
type served struct {
	name string
	http.Handler
}

// ServeHTTP implements [http.Handler].
func (e endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method := strings.ToUpper(r.Method)
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if known, ok := e[method]; ok {
		known.ServeHTTP(w, r)
		return
	}
	methods := slices.Sorted(maps.Keys(e))
	switch {
	case len(e) == 0:
		unknown(w, "There is no operation at this path.")
	case r.URL.Path == chatsocket.Path, strings.HasPrefix(r.URL.Path, "/attachments/"): // addresses, and no operations
		awswire.WriteMethodNotAllowed(w, methods...)
	default: // an operation is its method and its path, as everywhere in Amazon Connect
		unknown(w, "There is no operation with this method at this path: it takes "+strings.Join(methods, " or ")+".")
	}
}

func unknown(w http.ResponseWriter, text string) {
	awswire.WriteError(w, &awswire.Error{Status: http.StatusNotFound, Name: "UnknownOperationException", Message: text})
}

// publicBase reads a public address.
func publicBase(address string) (*base, error) {
	if address == "" {
		return nil, nil
	}
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the public url: %w", err)
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return nil, fmt.Errorf("the public url %q is not of the form https://host[:port][/path]", address)
	}
	return &base{secure: u.Scheme == "https", host: u.Host, path: strings.TrimSuffix(u.EscapedPath(), "/")}, nil
}
