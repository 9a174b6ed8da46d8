package startchat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/diagnosis"
)

// DefaultTimeout bounds one call to Amazon Connect, repetitions included, when the
// configuration does not say otherwise. It is below the 29 s after which API Gateway
// gives up.
const DefaultTimeout = 25 * time.Second

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
	// Unknown says what happens to undocumented members; the zero value ignores them.
	Unknown UnknownMembers
	// Attachments is what featurePermissions.ATTACHMENTS tells the widget.
	Attachments bool
	// Timeout bounds a call, repetitions included; zero means [DefaultTimeout].
	Timeout time.Duration
	// Public hides what AWS says about accounts and roles from the caller.
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
type Handler struct {
	starter      Starter
	model        *connectmodel.Model
	required     []string
	defaults     Defaults
	contentTypes jsontext.Value
	region       string
	unknown      UnknownMembers
	attachments  bool
	timeout      time.Duration
	public       bool
	docs         string
	log          *slog.Logger
	policy       *policy // nil without one
	unknowns     once    // unknown members named in the log
}

// New checks the configuration and returns the front door.
func New(cfg Config) (*Handler, error) {
	if cfg.Starter == nil {
		return nil, errors.New("a front door needs a starter")
	}
	h := &Handler{
		starter: cfg.Starter, model: connectmodel.StartChatContact(), defaults: cfg.Defaults,
		region: cfg.Region, unknown: cmp.Or(cfg.Unknown, IgnoreUnknown), attachments: cfg.Attachments,
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
	var rule *ruling
	if h.policy != nil {
		rule = h.policy.rule(r)
	}
	chat, problem := h.start(r, rule)
	if problem != nil {
		h.logProblem(r.Context(), problem, time.Since(began), rule)
		problem.Write(w, diagnosis.DocsURL(h.docs, r))
		return
	}
	result := chat.result
	h.logStarted(r.Context(), result, time.Since(began), rule)
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if result.Metadata.RequestID != "" {
		header.Set("X-Amzn-Requestid", result.Metadata.RequestID)
	}
	body := h.answer(chat)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // the page is gone: the chat exists all the same and was logged
}

// started is a chat that was started, and what the page is to know of it.
type started struct {
	result   *Result
	markdown bool   // whether the page can show it
	resumeID string // with signed resume ids only
}

// start does one request up to the answer. rule is nil without a policy.
func (h *Handler) start(r *http.Request, rule *ruling) (started, *diagnosis.Problem) {
	if r.Method != http.MethodPost {
		p := diagnosis.New(diagnosis.MethodNotAllowed, "Chats are started with POST, not %s.", connectmodel.Shorten(r.Method))
		p.Allow = "POST, OPTIONS"
		return started{}, p
	}
	body, problem := readBody(r)
	if problem != nil {
		return started{}, problem
	}
	doc, problem := decode(body, r.Header.Get("Content-Type"))
	if problem != nil {
		return started{}, problem
	}
	request, markdown, problem := h.prepare(doc, rule)
	if problem != nil {
		return started{}, problem
	}
	ctx, cancel := h.callContext(r.Context())
	defer cancel()
	if rule != nil {
		rule.called = true
	}
	result, err := h.starter.StartChatContact(ctx, request)
	if err != nil {
		return started{}, diagnosis.Explain(diagnosis.Failure{
			Err: err, InstanceID: request.InstanceID, ContactFlowID: request.ContactFlowID, Region: h.region,
		}, h.public)
	}
	chat := started{result: result, markdown: markdown}
	if rule != nil {
		chat.resumeID = rule.resumeID(request, result)
	}
	return chat, nil
}

// callContext bounds the call by the timeout and by the request's own deadline, but not
// by the page's patience: a call that was sent is waited for, because otherwise a chat
// could exist that nobody knows of.
func (h *Handler) callContext(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline := time.Now().Add(h.timeout)
	if own, ok := ctx.Deadline(); ok && own.Before(deadline) {
		deadline = own
	}
	return context.WithDeadline(context.WithoutCancel(ctx), deadline)
}

// noteUnknown names a member in the log the first time it is seen.
func (h *Handler) noteUnknown(path string, treatment UnknownMembers) {
	if !isMemberPath(path) {
		path = unnameable
	}
	if h.unknowns.first(path) {
		h.log.LogAttrs(context.Background(), slog.LevelWarn, "unknown member in a start request",
			slog.String("member", path), slog.String("treatment", string(treatment)))
	}
}

// isMemberPath reports whether a text can be the name of a member or the path to one.
// Anything else that stands in a name's place may be a customer's data, and is not logged.
func isMemberPath(path string) bool {
	const longest = 80
	if path == "" || len(path) > longest || !isLetter(path[0]) {
		return false
	}
	for i, c := range []byte(path) {
		if !isLetter(c) && (c < '0' || c > '9') && !strings.ContainsRune("._-:[]", rune(c)) {
			return false
		}
		if i > 0 && path[i-1] == '.' && !isLetter(c) {
			return false // a number in the place of a key
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func (h *Handler) logStarted(ctx context.Context, result *Result, dur time.Duration, rule *ruling) {
	attrs := []slog.Attr{
		slog.String("contact_id", result.ContactID), slog.String("request_id", result.Metadata.RequestID),
		slog.Int("attempts", result.Metadata.Attempts), slog.Duration("dur", dur),
	}
	if rule != nil {
		attrs = append(attrs, rule.logAttrs("started", result.Metadata.HTTPStatusCode)...)
	}
	h.log.LogAttrs(ctx, slog.LevelInfo, "chat started", attrs...)
}

func (h *Handler) logProblem(ctx context.Context, p *diagnosis.Problem, dur time.Duration, rule *ruling) {
	level := slog.LevelWarn
	if p.Status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	reason := p.Sentence
	if p.Field != "" && !isMemberPath(p.Field) {
		reason = p.Rule.Sentence // the exact one repeats the name
	}
	attrs := []slog.Attr{
		slog.String("rule", string(p.Rule.ID)), slog.Int("status", p.Status), slog.String("code", p.Code),
		slog.String("reason", reason), slog.Duration("dur", dur),
	}
	if isMemberPath(p.Field) {
		attrs = append(attrs, slog.String("field", p.Field))
	}
	if p.RequestID != "" {
		attrs = append(attrs, slog.String("request_id", p.RequestID))
	}
	if p.Cause != nil {
		attrs = append(attrs, slog.String("cause", p.Cause.Error()))
	}
	upstream := 0
	if failed, ok := errors.AsType[*CallError](p.Cause); ok {
		attrs = append(attrs, slog.Int("attempts", failed.Metadata.Attempts))
		upstream = failed.Metadata.HTTPStatusCode
	}
	if rule != nil {
		attrs = append(attrs, rule.logAttrs(rule.outcome(), upstream)...)
	}
	h.log.LogAttrs(ctx, level, "no chat started", attrs...)
}
