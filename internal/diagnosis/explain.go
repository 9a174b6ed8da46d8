package diagnosis

import (
	"errors"
	"net/http"

	"github.com/parley-chat/parley/internal/awswire"
)

// Explain turns a failed StartChatContact call into the problem to show.
//
// An AWS answer keeps its status, name, request id and requested wait. What it says is
// shown only when public is false: texts of AWS name accounts, roles and instances at any
// status, so for the public they stay in the log, with the rule and its remedy, which is
// the operator's. A 403 becomes the neutral 502 "Misconfigured", because it is this
// server's fault and not the page's.
func Explain(f Failure, public bool) *Problem {
	if p, ok := errors.AsType[*Problem](f.Err); ok {
		shown := *p
		if public {
			shown.hide()
		}
		return &shown
	}
	rule := Find(f)
	p := New(rule.ID, "")
	p.Cause = f.Err
	if answer, ok := errors.AsType[*awswire.Error](f.Err); ok {
		p.RequestID, p.Message = answer.RequestID, answer.Message
		if answer.RetryAfter > 0 {
			p.RetryAfter = answer.RetryAfter
		}
		if rule.Status == 0 {
			p.Status = answer.Status
		}
		if p.Code == "" {
			p.Code = answer.Name
		}
		if p.Code == "" {
			p.Code = http.StatusText(p.Status)
		}
	}
	if public {
		p.hide()
	}
	return p
}

// hide takes out what only the operator may read.
func (p *Problem) hide() {
	switch {
	case p.Status == http.StatusForbidden || p.Rule.ID == CredentialsMissing:
		p.Status, p.Code = http.StatusBadGateway, "Misconfigured"
		p.Sentence = "The chat service is not set up correctly."
	case p.Status >= http.StatusInternalServerError:
		p.Sentence = "The chat service is not available at the moment."
	case p.Status == http.StatusTooManyRequests:
		p.Sentence = "The chat service is busy at the moment."
	default:
		p.Sentence = "The chat could not be started."
	}
	p.unlinked = true // the rule says what the sentence does not
	p.Message, p.Hint = "", "Try again later; the request id helps the operator to find the cause."
}
