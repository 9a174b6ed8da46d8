// Package startchat is the front door: it turns the POST a chat widget sends into
// one StartChatContact call and the answer into the envelope that widgets read.
//
// It owns the contract with the page (what may be asked, what is filled in, what
// comes back when it fails) and knows neither who may call (package guard) nor who
// answers: Amazon Connect and the embedded one both stand behind [Starter].
package startchat

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/diagnosis"
)

// Config is what a [Handler] needs.
type Config struct {
	// Starter starts the chats. Required.
	Starter Starter
	// Defaults stand in for what pages leave out.
	Defaults Defaults
	// Region is where Starter calls; ARNs of another Region are refused. Empty checks nothing.
	Region string
	// Policy narrows what pages may ask for; nil allows whatever StartChatContact takes, for a
	// developer's own machine.
	Policy *Policy
	// AttributePrefix comes before the names of the page's contact attributes, as AWS's backend of
	// the hosted widget puts it there, so that what a page says is never taken for a token's word.
	// With it the customer's name does not become an attribute either.
	AttributePrefix string
	// Unknown says what happens to undocumented members; the zero value ignores them.
	Unknown UnknownMembers
	// Attachments is what featurePermissions.ATTACHMENTS tells the widget.
	Attachments bool
	// Timeout bounds a call, repetitions included; zero means [DefaultTimeout].
	Timeout time.Duration
	// Public hides what AWS says, and what only operators can do about it, from the caller.
	Public bool
	// DocsURL is the page that explains the rules, without fragment: an address, or a path
	// on the host that the page called. Empty leaves the link out of error answers.
	DocsURL string
	// Log gets one line per request; nil discards. Bodies, names, attributes and tokens
	// are never logged.
	Log *slog.Logger
}

// Handler is the front door. It answers POST; everything else is 405. It is safe for
// concurrent use.
//
// A request passes seven stages, in the order of [Handler.start]. Each stage has a file of its
// own and takes what the stage before it returned; a problem that a stage returns is the answer.
type Handler struct {
	starter      Starter
	model        *connectmodel.Model
	required     []string
	defaults     Defaults
	contentTypes jsontext.Value
	prefix       string
	region       string
	unknown      UnknownMembers
	attachments  bool
	timeout      time.Duration
	public       bool
	docs         string
	log          *slog.Logger
	policy       *policy // nil without one, which allows everything
	unknowns     once    // unknown members named in the log
}

// New checks the configuration and returns the front door.
func New(cfg Config) (*Handler, error) {
	if cfg.Starter == nil {
		return nil, errors.New("a front door needs a starter")
	}
	h := &Handler{
		starter: cfg.Starter, model: connectmodel.StartChatContact(), defaults: cfg.Defaults,
		prefix: cfg.AttributePrefix, region: cfg.Region, unknown: cmp.Or(cfg.Unknown, IgnoreUnknown), attachments: cfg.Attachments,
		timeout: cmp.Or(cfg.Timeout, DefaultTimeout), public: cfg.Public, docs: cfg.DocsURL,
		log: cfg.Log,
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	h.required = h.model.Required()
	h.defaults.DisplayName = cmp.Or(h.defaults.DisplayName, "Customer")
	if len(h.defaults.ContentTypes) == 0 {
		h.defaults.ContentTypes = []string{"text/plain"}
	}
	h.contentTypes = listValue(h.defaults.ContentTypes)
	switch h.unknown {
	case IgnoreUnknown, ForwardUnknown, RejectUnknown:
	default:
		return nil, fmt.Errorf("unknown members can be ignored, forwarded or rejected, not %q", h.unknown)
	}
	policy, policyErr := newPolicy(cfg, h.model, h.log)
	if err := h.defaults.validate(h.model); err != nil || policyErr != nil {
		return nil, errors.Join(err, policyErr)
	}
	h.policy = policy
	return h, nil
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	run := h.policy.begin(r)
	chat, problem := h.start(r, run)
	if problem != nil {
		h.logProblem(r.Context(), chat, problem, time.Since(began), run)
		problem.Write(w, diagnosis.DocsURL(h.docs, r))
		return
	}
	h.logStarted(r.Context(), chat.result, time.Since(began), run)
	chat.write(w)
}

// start does one request, stage by stage. It returns what there is of the chat beside a problem,
// too, for the log.
func (h *Handler) start(r *http.Request, run *policyRun) (chat, *diagnosis.Problem) {
	doc, problem := decode(r)
	if problem != nil {
		return chat{}, problem
	}
	h.prefixAttributes(&doc)
	if doc, problem = run.narrow(doc); problem != nil {
		return chat{}, problem
	}
	if doc, problem = h.adoptAliases(doc); problem != nil {
		return chat{}, problem
	}
	if doc, problem = h.fillIn(doc, run); problem != nil {
		return chat{}, problem
	}
	request, problem := h.check(doc, run)
	if problem != nil {
		return chat{}, problem
	}
	result, problem := h.call(r.Context(), request)
	if problem != nil {
		return chat{request: request}, problem
	}
	return chat{request, result, h.answer(request, result, run)}, nil
}

// chat is what the stages made of a request.
type chat struct {
	request *Request // nil when the request did not pass the checks
	result  *Result  // nil, like the answer, when no chat was started
	answer  []byte
}
