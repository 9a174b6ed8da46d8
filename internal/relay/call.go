package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/participant"
	"github.com/parley-chat/parley/internal/secret"
)

// maxAnswer is the longest answer that is passed on, in bytes. A full page of a transcript is
// below 2 MiB.
const maxAnswer = 8 << 20

// call passes a call on and its answer back.
func (r *Relay) call(w http.ResponseWriter, request *http.Request, action string) {
	token := digestOf(secret.New(request.Header.Get(bearerHeader)))
	answer, err := r.ask(w, request)
	if err == nil && answer.status == http.StatusOK {
		err = r.read(request, action, token, answer)
	}
	if r.tap != nil {
		who := r.known.of(token)
		r.tap.Called(request, action, who.contact, who.participant, who.role)
	}
	if err != nil {
		r.fail(w, request, action, err)
		return
	}
	header := w.Header()
	for name, values := range answer.header {
		if returns(name) {
			header[name] = values
		}
	}
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(answer.status)
	_, _ = w.Write(answer.body) // the client is gone: nobody left to tell
}

const bearerHeader = "X-Amz-Bearer"

// answer is what the service answered.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// ask sends a call to the service.
func (r *Relay) ask(w http.ResponseWriter, request *http.Request) (*answer, error) {
	ctx, cancel := context.WithTimeout(request.Context(), r.timeout)
	defer cancel()
	// Read before it is sent: what is wrong with the client's side of a call is not the service's
	// fault, and a body of known length is what the service takes.
	body, refused := awswire.ReadBody(w, request, participant.MaxBody)
	if refused != nil {
		return nil, &clientError{refused}
	}
	target := *r.endpoint
	target.RawPath, target.Path = r.endpoint.EscapedPath()+request.URL.EscapedPath(), r.endpoint.Path+request.URL.Path
	target.RawQuery = request.URL.RawQuery
	outgoing, err := http.NewRequestWithContext(ctx, strings.ToUpper(request.Method), target.String(), strings.NewReader(string(body)))
	if err != nil {
		return nil, err
	}
	outgoing.Header = sentOn(request.Header)
	response, err := r.transport.RoundTrip(outgoing)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // what was read counts
	a := &answer{status: response.StatusCode, header: response.Header}
	if a.body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer+1)); err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if len(a.body) > maxAnswer {
		return nil, fmt.Errorf("%w: longer than %d bytes", awswire.ErrAnswer, maxAnswer)
	}
	return a, nil
}

// clientError is a call that did not arrive.
type clientError struct{ refusal *awswire.Error }

// Error implements error.
func (e *clientError) Error() string { return e.refusal.Error() }

// sentOn returns the header fields of a call that the service gets. What a browser adds for
// this server (cookies, Referer) is none of its business, and a signature would be for another
// host; these calls need none.
//
// Source: https://docs.aws.amazon.com/connect-participant/latest/APIReference/Welcome.html
func sentOn(from http.Header) http.Header {
	to := http.Header{}
	for name, values := range from {
		switch name {
		case "Content-Type", "Accept", "Accept-Language", "User-Agent", "Origin":
			to[name] = values
		case "X-Amz-Security-Token", "X-Amz-Date", "X-Amz-Content-Sha256": // of the signature
		default:
			if strings.HasPrefix(name, "X-Amz-") || strings.HasPrefix(name, "Amz-Sdk-") {
				to[name] = values
			}
		}
	}
	if _, named := to["User-Agent"]; !named {
		to["User-Agent"] = nil // nor Go's
	}
	return to
}

// returns reports whether a client gets a header field of an answer. CORS is for package guard,
// and what a service says about its own connection or name (Alt-Svc, Strict-Transport-Security)
// does not hold for this one.
func returns(name string) bool {
	return name == "Content-Type" || name == "Retry-After" || strings.HasPrefix(name, "X-Amz-") || strings.HasPrefix(name, "X-Amzn-")
}

// read takes from an answer what is to be known, and puts the socket's address on this server
// into it.
func (r *Relay) read(request *http.Request, action string, token digest, a *answer) error {
	switch action {
	case "CreateParticipantConnection":
		return r.readConnection(request, token, a)
	case "GetTranscript":
		var transcript struct{ InitialContactID string }
		if reads(a.body, &transcript) && transcript.InitialContactID != "" && r.known.of(token).contact == "" {
			r.known.learn(token, holder{contact: transcript.InitialContactID})
		}
	}
	return nil
}

// readConnection is read for CreateParticipantConnection.
func (r *Relay) readConnection(request *http.Request, token digest, a *answer) error {
	var all map[string]jsontext.Value
	if err := decode(a.body, &all); err != nil {
		return fmt.Errorf("%w: %w", awswire.ErrAnswer, err)
	}
	var credentials struct{ ConnectionToken string }
	if reads(all["ConnectionCredentials"], &credentials) && credentials.ConnectionToken != "" {
		r.known.share(token, digestOf(secret.New(credentials.ConnectionToken)))
	}
	var socket map[string]jsontext.Value
	var address, expiry string
	if !reads(all["Websocket"], &socket) || !reads(socket["Url"], &address) || !reads(socket["ConnectionExpiry"], &expiry) {
		return nil // no socket was asked for
	}
	local, err := r.localAddress(request, token, address, expiry)
	if err != nil || local == "" {
		return err
	}
	if socket["Url"], err = json.Marshal(local); err == nil {
		all["Websocket"], err = json.Marshal(socket, json.Deterministic(true))
	}
	if err == nil {
		a.body, err = json.Marshal(all, json.Deterministic(true))
	}
	return err
}

// longestTicket bounds how long a socket's address is good for.
const longestTicket = 25 * time.Hour

// localAddress returns the address on this server for a socket at the service; empty when that
// is at a host that must not be called.
func (r *Relay) localAddress(request *http.Request, token digest, address, expiry string) (string, error) {
	if target, refusal := r.target(address); refusal != "" {
		r.foreign.Do(func() {
			r.log.LogAttrs(request.Context(), slog.LevelWarn, "a chat socket is not relayed, its frames are not seen",
				slog.String("cause", refusal), slog.String("host", target.Host))
		})
		return "", nil
	}
	expires := time.Now().Add(longestTicket)
	if told, err := time.Parse(time.RFC3339, expiry); err == nil && told.Before(expires) {
		expires = told
	}
	sealed, err := r.seal.seal(ticket{URL: address, Expires: expires, Holder: token})
	if err != nil {
		return "", err
	}
	local, hint := r.addresses.Socket(request, sealed)
	if hint != "" {
		r.lan.Do(func() {
			r.log.LogAttrs(request.Context(), slog.LevelWarn, "chatjs does not open sockets of this address",
				slog.String("host", request.Host), slog.String("hint", hint))
		})
	}
	return local, nil
}

// decode reads JSON of the service, which may write members in any case.
func decode(text []byte, into any) error {
	return awswire.Decode(text, into, json.MatchCaseInsensitiveNames(true))
}

// reads is decode for what may be missing: false when nothing was read.
func reads(text []byte, into any) bool { return len(text) > 0 && decode(text, into) == nil }

// fail answers a call that could not be passed on, and logs it.
func (r *Relay) fail(w http.ResponseWriter, request *http.Request, action string, err error) {
	if request.Context().Err() != nil {
		return // the caller did not wait for it
	}
	if broken, ok := errors.AsType[*clientError](err); ok {
		awswire.WriteError(w, broken.refusal)
		return
	}
	p := r.explain(err)
	r.log.LogAttrs(request.Context(), slog.LevelError, "participant call not relayed", slog.String("action", action),
		slog.String("endpoint", r.endpoint.Host), slog.String("rule", string(p.Rule.ID)), slog.String("cause", err.Error()))
	p.Write(w, diagnosis.DocsURL(r.docs, request))
}

// explain turns a failure into the problem to show.
func (r *Relay) explain(err error) *diagnosis.Problem {
	p := diagnosis.Explain(diagnosis.Failure{Err: err, Region: r.region}, false)
	if p.Rule.ID == diagnosis.ConnectionRefused || p.Rule.ID == diagnosis.HostNotFound {
		p.Sentence = "The Participant Service cannot be reached at " + r.endpoint.Host + "."
		p.Hint = "Check --participant-endpoint-url, AWS_ENDPOINT_URL_CONNECTPARTICIPANT and AWS_ENDPOINT_URL; check the Region, firewall and proxy."
	}
	return p
}
