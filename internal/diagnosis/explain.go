package diagnosis

import (
	"errors"
	"net/http"

	"github.com/parley-chat/parley/internal/awswire"
)

// Explain turns a failed StartChatContact call into the problem to show.
//
// An AWS answer keeps its status, name, request id and requested wait. What it says
// about accounts and roles is shown only when public is false: for the public, the
// texts of AWS's 403 and 5xx answers stay in the log, and a 403 becomes the neutral
// 502 "Misconfigured", because it is this server's fault and not the page's.
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
	default:
		return
	}
	p.unlinked = true // the rule says what the sentence does not
	p.Message, p.Hint = "", "Try again later; the request id helps the operator to find the cause."
}
