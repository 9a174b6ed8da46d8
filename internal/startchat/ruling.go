package startchat

import (
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/identity"
)

// Limits of ChatDurationInMinutes, and what Amazon Connect takes when there is none.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_StartChatContact.html
const (
	shortestChat = 60
	longestChat  = 10_080
	usualChat    = 1_500
)

const (
	segmentAttributes = "SegmentAttributes"
	initialMessage    = "InitialMessage"
	sourceContactID   = "SourceContactId"
	customerName      = "customerName"
)

// unnameable stands in the log for a name that may be a customer's data.
const unnameable = "(a name that no member can have)"

// ruling is the policy at work on one request. It has two parts: admit takes out of the
// page's members what the page may not say and puts in what the token says, before anything
// is filled in; settle looks at the ids that the call will really carry.
type ruling struct {
	*policy
	request *http.Request
	caller  *identity.Caller // nobody is the zero Caller
	keys    resumeKeys       // of PersistentSigned
	flow    string           // the id of the flow for the log, once it is known to be allowed
	called  bool             // whether Amazon Connect was asked
}

// rule begins with a request.
func (p *policy) rule(r *http.Request) *ruling {
	caller, known := identity.From(r.Context())
	if !known {
		caller = &identity.Caller{}
	}
	return &ruling{policy: p, request: r, caller: caller}
}

// admit leaves of a page's members what it may say, and lets the token speak.
func (r *ruling) admit(doc *members) *diagnosis.Problem {
	if p := r.admitMembers(doc); p != nil {
		return p
	}
	if p := r.mergeSegmentAttributes(doc); p != nil {
		return p
	}
	r.nameCustomer(doc)
	return r.mergeAttributes(doc)
}

// settle checks and completes what the call will carry, once the ids are known. unknown deals
// with a member that is not documented.
func (r *ruling) settle(doc *members, unknown func(string, UnknownMembers) *diagnosis.Problem) *diagnosis.Problem {
	if p := r.pinInstance(doc); p != nil {
		return p
	}
	if p := r.pinFlow(doc); p != nil {
		return p
	}
	if p := r.continueChat(doc); p != nil {
		return p
	}
	r.boundDuration(doc)
	r.bindClientToken(doc)
	return r.trim(doc, unknown)
}

// admitMembers sorts out members that only some pages may set.
func (r *ruling) admitMembers(doc *members) *diagnosis.Problem {
	kept := (*doc)[:0]
	for _, m := range *doc {
		if r.mayMember(m.name) {
			kept = append(kept, m)
			continue
		}
		if p := r.refuseMember(m.name); p != nil {
			return p
		}
	}
	*doc = kept
	return nil
}

// mayMember reports whether the page may set a member, or somebody else decides about it:
// undocumented members that are not forwarded are dealt with later. One that is forwarded
// must not be another spelling of a documented member, lest Amazon Connect reads it as that.
func (r *ruling) mayMember(name string) bool {
	if r.members[name] {
		return true
	}
	if !r.model.Knows(name) {
		return !r.forwards || r.AnyMember && !isMisspelt(name)
	}
	return r.AnyMember
}

// refuseMember answers 400 or notes that a member is left out.
func (r *ruling) refuseMember(path string) *diagnosis.Problem {
	if r.Others.Reject {
		p := diagnosis.New(diagnosis.MemberNotAllowed, "The page may not set %q.", connectmodel.Shorten(path))
		p.Field = connectmodel.Shorten(path)
		return p
	}
	if !isMemberPath(path) {
		path = unnameable
	}
	r.note(slog.String("member", path), "dropped")
	return nil
}

// note says in the log what became of something that a page asked for, the first time.
func (r *ruling) note(what slog.Attr, treatment string) {
	if r.noted.first(what.Key + " " + what.Value.String()) {
		r.log.LogAttrs(r.request.Context(), slog.LevelWarn, "start request narrowed by the policy",
			what, slog.String("treatment", treatment))
	}
}

// trim leaves of the objects that every page may send what StartChatContact documents. Without
// a policy Amazon Connect is left to ignore the rest; here nothing that a page may not set
// reaches it, not even in a version of it newer than this program.
func (r *ruling) trim(doc *members, unknown func(string, UnknownMembers) *diagnosis.Problem) *diagnosis.Problem {
	if r.AnyMember {
		return nil
	}
	for _, object := range []struct {
		name    string
		members []string
	}{
		{connectmodel.ParticipantDetails, []string{"DisplayName"}},
		{initialMessage, []string{"ContentType", "Content"}},
		{connectmodel.PersistentChat, []string{sourceContactID, "RehydrationType"}},
	} {
		raw := doc.get(object.name)
		if raw.Kind() != '{' {
			continue
		}
		all := cut(raw)
		kept := make(members, 0, len(all))
		for _, m := range all {
			if slices.Contains(object.members, m.name) {
				kept = append(kept, m)
			} else if p := unknown(object.name+"."+connectmodel.Shorten(m.name), IgnoreUnknown); p != nil {
				return p
			}
		}
		if len(kept) < len(all) {
			doc.set(object.name, kept.encode())
		}
	}
	return nil
}

// pinInstance holds the instance against the configured one. It comes after an ARN was cut
// down to its id, so that nothing else of a page's ARN gets through.
func (r *ruling) pinInstance(doc *members) *diagnosis.Problem {
	raw := doc.get(connectmodel.InstanceID)
	if !r.PinInstance || raw.Kind() != '"' { // the check names a member of another type
		return nil
	}
	if doc.text(connectmodel.InstanceID) != r.instance {
		return instancePinned(connectmodel.InstanceID)
	}
	return nil
}

func instancePinned(field string) *diagnosis.Problem {
	p := diagnosis.New(diagnosis.InstancePinned, "%s names another instance than the one that is configured.", field)
	p.Field = field
	return p
}

// pinFlow holds the contact flow against those that are allowed, and sends the configured
// form of it: an ARN from a page could name another account.
func (r *ruling) pinFlow(doc *members) *diagnosis.Problem {
	raw := doc.get(connectmodel.ContactFlowID)
	if raw.Kind() != '"' { // missing or of another type, which the check names
		return nil
	}
	text := doc.text(connectmodel.ContactFlowID)
	a, isARN := arn.Parse(text)
	if isARN && a.Flow() != "" && r.PinInstance && a.Instance() != r.instance {
		return instancePinned(connectmodel.ContactFlowID)
	}
	allowed, ok := r.allowedFlow(text, doc.text(connectmodel.InstanceID))
	if !ok {
		p := diagnosis.New(diagnosis.FlowNotAllowed, "")
		p.Field = connectmodel.ContactFlowID
		return p
	}
	if allowed != text {
		doc.set(connectmodel.ContactFlowID, quote(allowed))
	}
	if id := arn.FlowOf(allowed); !r.AnyFlow || uuid.Validate(id) == nil {
		r.flow = id // and not just any text that a page calls its flow
	}
	return nil
}

// allowedFlow finds a flow among the allowed ones, by id and instance, and returns it as it
// is to be sent. The instance is the call's; an ARN names its own.
func (p *policy) allowedFlow(text, instance string) (string, bool) {
	if text == p.defaultFlow {
		return text, true
	}
	id := text
	if arn.Is(text) {
		a, _ := arn.Parse(text)
		if id, instance = a.Flow(), a.Instance(); id == "" {
			return "", false // of something else, or no ARN at all
		}
	}
	for _, flow := range p.flows {
		if flow.id == id && (flow.instance == "" || flow.instance == instance) {
			return flow.text, true
		}
	}
	return text, p.AnyFlow
}

// boundDuration sets and bounds how long a chat may last. More than the bound is cut down
// and not refused: the number is a wish of whoever built the page, a customer who wants help
// can do nothing about it, and a chat that ends sooner does less harm than none. What Amazon
// Connect itself would not take stays as it is, for the check to name.
func (r *ruling) boundDuration(doc *members) {
	raw := doc.get(connectmodel.ChatDuration)
	if raw == nil {
		minutes := r.DefaultDuration
		if minutes == 0 && r.MaxDuration != 0 && r.MaxDuration < usualChat {
			minutes = r.MaxDuration
		}
		if minutes != 0 {
			doc.set(connectmodel.ChatDuration, jsontext.Value(strconv.Itoa(minutes)))
		}
		return
	}
	minutes, err := strconv.Atoi(string(raw))
	if err != nil || minutes > longestChat || r.MaxDuration == 0 || minutes <= r.MaxDuration {
		return
	}
	doc.set(connectmodel.ChatDuration, jsontext.Value(strconv.Itoa(r.MaxDuration)))
	r.note(slog.String("member", connectmodel.ChatDuration), "capped")
}

// logAttrs is what the line of a request says more than without a policy. upstream is the
// status of Amazon Connect's answer; zero when it gave none.
func (r *ruling) logAttrs(outcome string, upstream int) []slog.Attr {
	return []slog.Attr{
		slog.String("outcome", outcome), slog.String("origin", originForLog(r.request)), slog.String("flow", r.flow),
		slog.Int("upstream_status", upstream),
	}
}

// outcome names how a request that started no chat ended.
func (r *ruling) outcome() string {
	if r.called {
		return "failed"
	}
	return "refused"
}

// originForLog returns a request's Origin, unless it is something else that stands there.
func originForLog(r *http.Request) string {
	const longest = 200
	origin := r.Header.Get("Origin")
	if len(origin) > longest || strings.ContainsFunc(origin, func(c rune) bool {
		return c > 0x7f || !isLetter(byte(c)) && (c < '0' || c > '9') && !strings.ContainsRune("._-:/[]", c)
	}) {
		return "(not an origin)"
	}
	return origin
}
