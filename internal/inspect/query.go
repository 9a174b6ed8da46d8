package inspect

import (
	"slices"
	"strconv"
	"strings"
)

// Query chooses exchanges. Its zero value chooses all.
type Query struct {
	// ContactID and ParticipantID choose whose, empty means anybody's; Kind which kind.
	ContactID, ParticipantID string
	Kind                     Kind
	// Text has to stand somewhere in the exchange, in whatever case.
	Text string
	// Status is "404" for one status, "4xx" for a class, "failed" for whatever has gone wrong.
	Status string
	// After leaves out what is not after a sequence number.
	After uint64
	// Limit bounds how many are returned: the first ones after After, or else the newest. Zero
	// means all.
	Limit int
}

// IsStatus reports whether a text can be used as [Query.Status].
func IsStatus(status string) bool {
	switch status {
	case "", "failed", "1xx", "2xx", "3xx", "4xx", "5xx":
		return true
	}
	n, err := strconv.Atoi(status)
	return err == nil && n >= 100 && n <= 599
}

// List returns the exchanges that a query chooses, oldest first, and the sequence number to
// continue after.
func (r *Recorder) List(q Query) (found []Exchange, last uint64) {
	kept, last := r.after(q.After)
	if q.After == 0 && q.Limit > 0 { // the newest
		for p := range kept.backward() {
			if e, ok := q.matches(p); ok {
				found = append(found, e)
				if len(found) == q.Limit {
					break
				}
			}
		}
		slices.Reverse(found)
		return found, last
	}
	for p := range kept.all() {
		e, ok := q.matches(p)
		if !ok {
			continue
		}
		if q.Limit > 0 && len(found) == q.Limit {
			return found, found[len(found)-1].Seq
		}
		found = append(found, e)
	}
	return found, max(last, q.After)
}

// Get returns the exchange of an id.
func (r *Recorder) Get(id string) (Exchange, bool) {
	seq, err := strconv.ParseUint(id, 10, 64)
	if err != nil || seq == 0 {
		return Exchange{}, false
	}
	r.settle()
	r.mu.Lock()
	found := r.kept.after(seq-1, 1)
	r.mu.Unlock()
	for p := range found.all() {
		if p.seq == seq {
			return p.unpack(false), true
		}
		break
	}
	return Exchange{}, false
}

// matches returns an exchange if it is chosen.
func (q *Query) matches(p packed) (e Exchange, ok bool) {
	if e = p.unpack(true); !q.matchesSummary(&e) {
		return e, false
	}
	e = p.unpack(false)
	return e, q.Text == "" || holds(&e, q.Text)
}

func (q *Query) matchesSummary(e *Exchange) bool {
	return (q.ContactID == "" || e.ContactID == q.ContactID) &&
		(q.ParticipantID == "" || e.ParticipantID == q.ParticipantID) &&
		(q.Kind == "" || e.Kind == q.Kind) &&
		q.matchesStatus(e)
}

func (q *Query) matchesStatus(e *Exchange) bool {
	switch q.Status {
	case "":
		return true
	case "failed":
		return e.Failed()
	}
	if class, ok := strings.CutSuffix(q.Status, "xx"); ok {
		return e.Status >= 100 && strconv.Itoa(e.Status/100) == class
	}
	return strconv.Itoa(e.Status) == q.Status
}

// holds looks for a text in an exchange.
func holds(e *Exchange, text string) bool {
	for _, part := range [...]string{
		e.Action, e.Path, e.Method, e.RequestBody, e.ResponseBody, e.ContactID, e.ParticipantID, e.Role, e.Topic, e.ContentType,
		e.Host, e.Origin, e.Fault, strconv.Itoa(e.Status),
	} {
		if containsFold(part, text) {
			return true
		}
	}
	if p := e.Problem; p != nil && (containsFold(p.Rule, text) || containsFold(p.Sentence, text) || containsFold(p.Hint, text)) {
		return true
	}
	if e.Flow != nil && e.Flow.holds(text) {
		return true
	}
	for _, list := range [...][]Header{e.RequestHeaders, e.ResponseHeaders} {
		for i := range list {
			if containsFold(list[i].Name, text) || containsFold(list[i].Value, text) {
				return true
			}
		}
	}
	return false
}

// containsFold reports whether a text holds another one, in whatever case.
func containsFold(text, part string) bool {
	if len(part) > len(text) {
		return false
	}
	for i := range len(part) {
		if part[i] >= 0x80 {
			return strings.Contains(strings.ToLower(text), strings.ToLower(part))
		}
	}
	lower, upper := part[0]|0x20, part[0]&^0x20
	if lower < 'a' || lower > 'z' {
		lower, upper = part[0], part[0]
	}
	for i := 0; i+len(part) <= len(text); i++ {
		if c := text[i]; (c == lower || c == upper) && strings.EqualFold(text[i:i+len(part)], part) {
			return true
		}
	}
	return false
}
