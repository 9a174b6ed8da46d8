package startchat

import (
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/diagnosis"
)

// Limits of ChatDurationInMinutes, and what Amazon Connect takes when there is none.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_StartChatContact.html
const (
	shortestChat = 60
	longestChat  = 10_080
	usualChat    = 1_500
)

// shortestClientToken is the length in bytes from which a page's ClientToken may be one that
// nobody else comes up with.
const shortestClientToken = 16

// check is the fifth stage: it holds the members against the policy, now that the ids are those
// the call will carry, and against the documented model, and returns the call to make.
func (h *Handler) check(doc members, run *policyRun) (*Request, *diagnosis.Problem) {
	doc, problem := run.bound(doc, h.unknownMember)
	if problem != nil {
		return nil, problem
	}
	token := doc.text(connectmodel.ClientToken)
	if doc.get(connectmodel.ClientToken) == nil {
		// With a token of our own, a retry after a lost answer cannot start a second chat.
		token = uuid.NewString()
		doc.set(connectmodel.ClientToken, quote(token))
	}
	if p := h.checkModel(doc); p != nil {
		return nil, p
	}
	return &Request{
		Body:          doc.encode(),
		InstanceID:    doc.text(connectmodel.InstanceID),
		ContactFlowID: doc.text(connectmodel.ContactFlowID),
		ClientToken:   token,
		markdown:      connectmodel.Contains(doc.get(connectmodel.ContentTypes), "text/markdown"),
	}, nil
}

// checkModel holds the finished request against the documented model.
func (h *Handler) checkModel(doc members) *diagnosis.Problem {
	for _, name := range h.required {
		if doc.get(name) == nil {
			p := diagnosis.New(diagnosis.MissingMember, "%s is missing, and the server has none configured.", name)
			p.Field = name
			return p
		}
	}
	var refused *diagnosis.Problem
	nested := func(path string) {
		// AWS ignores it where it stands, so the object need not be written anew.
		if p := h.unknownMember(path, ForwardUnknown); p != nil && refused == nil {
			refused = p
		}
	}
	for _, m := range doc {
		if violation := h.model.Check(m.name, m.value, nested); violation != nil {
			return violationProblem(violation)
		}
	}
	if refused != nil {
		return refused
	}
	if violation := h.model.CheckRules(doc.get); violation != nil {
		return violationProblem(violation)
	}
	return nil
}

// violationProblem explains a violation by the rule that fits it best.
func violationProblem(v *connectmodel.Violation) *diagnosis.Problem {
	p := diagnosis.New(violationRule(v), "%s", v.Sentence)
	p.Field = v.Field
	return p
}

func violationRule(v *connectmodel.Violation) diagnosis.ID {
	switch v.Cause {
	case connectmodel.DisplayName:
		return diagnosis.DisplayNameLength
	case connectmodel.AttributesSize:
		return diagnosis.AttributesTooLarge
	case connectmodel.AttributeKey:
		return diagnosis.BadAttributeKey
	case connectmodel.TextPlain:
		return diagnosis.TextPlainMissing
	case connectmodel.Conflict:
		return diagnosis.ConflictingMembers
	case connectmodel.OtherCause:
	}
	switch v.Kind {
	case connectmodel.Type:
		return diagnosis.WrongType
	case connectmodel.Missing:
		return diagnosis.MissingMember
	case connectmodel.Limit, connectmodel.Rule:
	}
	return diagnosis.BadValue
}

// bound holds what the call will carry against the policy, once the ids are known, and bounds the
// members that a page may choose. unknown deals with a member that is not documented.
func (run *policyRun) bound(doc members, unknown func(string, UnknownMembers) *diagnosis.Problem) (members, *diagnosis.Problem) {
	if run == nil {
		return doc, nil
	}
	if p := run.pinInstance(doc); p != nil {
		return nil, p
	}
	if p := run.pinFlow(&doc); p != nil {
		return nil, p
	}
	if p := run.continueChat(&doc); p != nil {
		return nil, p
	}
	run.boundDuration(&doc)
	run.bindClientToken(&doc)
	problem := run.trim(&doc, unknown)
	return doc, problem
}

// pinInstance holds the instance against the configured one. It comes after an ARN was cut
// down to its id, so that nothing else of a page's ARN gets through.
func (run *policyRun) pinInstance(doc members) *diagnosis.Problem {
	raw := doc.get(connectmodel.InstanceID)
	if !run.PinInstance || raw.Kind() != '"' { // the check names a member of another type
		return nil
	}
	if doc.text(connectmodel.InstanceID) != run.instance {
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
func (run *policyRun) pinFlow(doc *members) *diagnosis.Problem {
	raw := doc.get(connectmodel.ContactFlowID)
	if raw.Kind() != '"' { // missing or of another type, which the check names
		return nil
	}
	text := doc.text(connectmodel.ContactFlowID)
	a, isARN := arn.Parse(text)
	if isARN && a.Flow() != "" && run.PinInstance && a.Instance() != run.instance {
		return instancePinned(connectmodel.ContactFlowID)
	}
	allowed, ok := run.allowedFlow(text, doc.text(connectmodel.InstanceID))
	if !ok {
		p := diagnosis.New(diagnosis.FlowNotAllowed, "")
		p.Field = connectmodel.ContactFlowID
		return p
	}
	if allowed != text {
		doc.set(connectmodel.ContactFlowID, quote(allowed))
	}
	if id := arn.FlowOf(allowed); !run.AnyFlow || uuid.Validate(id) == nil {
		run.flow = id // and not just any text that a page calls its flow
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
func (run *policyRun) boundDuration(doc *members) {
	raw := doc.get(connectmodel.ChatDuration)
	if raw == nil {
		minutes := run.DefaultDuration
		if minutes == 0 && run.MaxDuration != 0 && run.MaxDuration < usualChat {
			minutes = run.MaxDuration
		}
		if minutes != 0 {
			doc.set(connectmodel.ChatDuration, jsontext.Value(strconv.Itoa(minutes)))
		}
		return
	}
	minutes, err := strconv.Atoi(string(raw))
	if err != nil || minutes > longestChat || run.MaxDuration == 0 || minutes <= run.MaxDuration {
		return
	}
	doc.set(connectmodel.ChatDuration, jsontext.Value(strconv.Itoa(run.MaxDuration)))
	run.note(slog.String("member", connectmodel.ChatDuration), "capped")
}

// bindClientToken puts a token in the place of the page's that only this caller can make.
// To a ClientToken that it has seen, Amazon Connect may give the first call's answer once
// more, participant token included: one customer could fetch another's by sending the same
// token. A repetition of the same caller still counts as one. Tokens that are easily met by
// chance, and those of callers who cannot be told apart, are left to a fresh one.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_StartChatContact.html
func (run *policyRun) bindClientToken(doc *members) {
	raw := doc.get(connectmodel.ClientToken)
	if raw == nil || raw.Kind() != '"' { // the check names a member of another type
		return
	}
	token := doc.text(connectmodel.ClientToken)
	kind, who := run.identifyCaller()
	if len(token) < shortestClientToken || who == "" {
		doc.drop(connectmodel.ClientToken)
		return
	}
	sum := sha256.Sum256(appendParts(nil, kind, who, doc.text(connectmodel.InstanceID), doc.text(connectmodel.ContactFlowID), token))
	doc.set(connectmodel.ClientToken, quote(base64.RawURLEncoding.EncodeToString(sum[:])))
}

// identifyCaller tells callers apart: by what their token says, or else by where they are.
func (run *policyRun) identifyCaller() (kind, who string) {
	if run.caller.Subject != "" {
		return "subject", run.caller.Subject
	}
	if run.ClientAddr != nil {
		return "address", run.ClientAddr(run.request)
	}
	return "", ""
}

// trim leaves of the objects that every page may send what StartChatContact documents. Without
// a policy Amazon Connect is left to ignore the rest; here nothing that a page may not set
// reaches it, not even in a version of it newer than this program.
func (run *policyRun) trim(doc *members, unknown func(string, UnknownMembers) *diagnosis.Problem) *diagnosis.Problem {
	if run.AnyMember {
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
