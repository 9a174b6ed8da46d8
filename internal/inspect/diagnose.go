package inspect

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/internal/excerpt"
)

// injected says that an exchange was struck by a fault; nil when it was not.
func injected(e *Exchange) *Problem {
	if e.Fault == "" {
		return nil
	}
	return &Problem{
		Rule: "fault-injected", Sentence: "This is due to the fault “" + excerpt.Of(e.Fault, longestLabel) + "”, which was switched on here.",
		Hint: "Switch it off under Faults to see what the server would have done.",
	}
}

// diagnose says what is wrong with an exchange; nil when nothing is. What the front door says
// about its own refusals is taken over; the Participant Service and the Amazon Connect API
// answer as AWS does, which says next to nothing.
func (r *Recorder) diagnose(x *raw, e *Exchange) *Problem {
	switch {
	case e.Fault != "":
		return injected(e)
	case e.Action == preflight: // those that were answered yes are not kept
		return problemOf("preflight-refused")
	case x.why != "":
		if p := problemOf(x.why); p != nil {
			return p
		}
	case e.Status == 0:
		return problemOf("connection-cut")
	case e.Status < http.StatusBadRequest:
		if r.seen.reused(e) {
			return problemOf("client-token-reused")
		}
		return nil
	}
	if p := explained(e); p != nil {
		return p
	}
	return byName(e)
}

// explained reads an answer in the form of package diagnosis.
func explained(e *Exchange) *Problem {
	text := func(name string) string { return member(e.ResponseBody, name) }
	p := &Problem{Sentence: text("error"), Hint: text("hint"), Docs: text("docs")}
	if p.Sentence == "" || memberValue(e.ResponseBody, "data") == "" && p.Hint == "" && p.Docs == "" {
		return nil
	}
	if _, rule, found := strings.Cut(p.Docs, "#"); found {
		p.Rule = rule
	} else {
		p.Rule = text("code")
	}
	return p
}

// byName explains one of AWS's exceptions.
func byName(e *Exchange) *Problem {
	name := ""
	for _, h := range e.ResponseHeaders {
		if strings.EqualFold(h.Name, "x-amzn-ErrorType") {
			name, _, _ = strings.Cut(h.Value, ":")
		}
	}
	if name == "" {
		name = member(e.ResponseBody, "__type")
		name = name[strings.LastIndexByte(name, '#')+1:]
	}
	message := member(e.ResponseBody, "message")
	if message == "" {
		message = member(e.ResponseBody, "Message")
	}
	rule, known := exceptions()[name]
	if name == "ConflictException" {
		rule = conflictOf(e.Action)
	}
	if !known {
		if message == "" {
			message = "The answer was " + strconv.Itoa(e.Status) + " " + http.StatusText(e.Status) + "."
		}
		return &Problem{Rule: "status-" + strconv.Itoa(e.Status), Sentence: message}
	}
	p := problemOf(rule)
	switch {
	case message == "":
	case saysMore(rule), rule == "internal-error" && strings.HasPrefix(message, "The disk"):
		p.Sentence = message
	case rule == "bot-not-alone": // the message names who is there
		p.Hint = message + " " + p.Hint
	}
	return p
}

// conflictOf returns the rule for a conflict, which is about something else in each action.
func conflictOf(action string) string {
	switch action {
	case "SendEvent":
		return "receipts-of-many"
	case "CreateParticipant":
		return "bot-not-alone"
	case "CompleteAttachmentUpload", "UploadAttachment":
		return "attachment-completed"
	}
	return "conflict"
}

// saysMore reports whether the service's own text is more exact than the rule's sentence.
func saysMore(rule string) bool {
	switch rule {
	case "request-invalid", "not-emulated", "quota-reached":
		return true
	}
	return false
}

// exceptions are the rules for AWS's exceptions, by name.
func exceptions() map[string]string {
	return map[string]string{
		"AccessDeniedException":          "not-allowed",
		"ValidationException":            "request-invalid",
		"InvalidRequestException":        "request-invalid",
		"InvalidParameterException":      "request-invalid",
		"SerializationException":         "request-invalid",
		"BadRequestException":            "request-invalid",
		"ResourceNotFoundException":      "not-found",
		"ConflictException":              "conflict",
		"ThrottlingException":            "throttled",
		"TooManyRequestsException":       "throttled",
		"ServiceQuotaExceededException":  "quota-reached",
		"LimitExceededException":         "quota-reached",
		"ServiceUnavailableException":    "shutting-down",
		"InternalServerException":        "internal-error",
		"InternalServiceException":       "internal-error",
		"RequestEntityTooLargeException": "body-too-large",
		"RequestTimeoutException":        "body-missing",
		"UpgradeRequiredException":       "upgrade-missing",
		"UnknownOperationException":      "unknown-operation",
		"NotImplemented":                 "not-emulated",
	}
}

// closeProblem says what the end of a socket means; nil for an orderly one, and for one without a close
// frame: that is how closed tabs and apps leave.
func closeProblem(x *raw) *Problem {
	switch {
	case x.out && x.code == 1008:
		return problemOf("socket-too-slow")
	case x.out && x.code == 1009:
		return problemOf("frame-too-long")
	case x.out && x.code == 1003:
		return problemOf("frame-binary")
	case x.out && (x.code == 1002 || x.code == 1007):
		return problemOf("frame-malformed")
	}
	return nil
}

// problemOf returns the problem of a rule; nil for one that is unknown.
func problemOf(rule string) *Problem {
	for _, cause := range causes() {
		if cause.Rule == rule {
			return &cause
		}
	}
	return nil
}
