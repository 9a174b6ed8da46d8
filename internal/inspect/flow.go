package inspect

import (
	"encoding/binary"
	"encoding/json"
	"time"

	"github.com/parley-chat/parley/internal/flow"
)

// FlowStep is what one block of a contact flow did for a contact, or, when it names no block, what
// became of the flow.
type FlowStep struct {
	// Time is that of the chats, which can be ahead of the machine's.
	Time time.Time `json:"time"`
	// Segment is the id of the contact it ran for: the chat's, or that of one that followed.
	Segment string `json:"segmentId,omitempty"`
	// Flow identifies the flow, FlowName is what people call it, FlowARN its name as a resource.
	Flow     string `json:"flow,omitempty"`
	FlowName string `json:"flowName,omitempty"`
	FlowARN  string `json:"flowArn,omitempty"`
	// Action identifies the block; Name is its identifier where that is a name, else its type.
	Action string `json:"action,omitempty"`
	Name   string `json:"name,omitempty"`
	Type   string `json:"type,omitempty"`
	// Parameters are the block's as they were when it ran: a JSON object, up to Config.MaxBody.
	Parameters json.RawMessage `json:"parameters,omitempty"`
	// Branch is the way out that was taken, Result what it was chosen by; Failed says that it is the
	// branch of an error, or that the flow has stopped.
	Branch string `json:"branch,omitempty"`
	Result string `json:"result,omitempty"`
	Failed bool   `json:"failed,omitempty"`
	// External is what a function has answered, as JSON.
	External json.RawMessage `json:"external,omitempty"`
	// Note says in a sentence what is particular about it.
	Note string `json:"note,omitempty"`
	// Logged says that the flow has its own log switched on.
	Logged bool `json:"logged,omitempty"`
}

// FlowTraced records what the blocks of a contact's flow did. It is a tap, and does not block.
func (r *Recorder) FlowTraced(contactID string, at time.Time, rows []flow.Trace) {
	for i := range rows {
		row := &rows[i]
		step := &FlowStep{
			Time: at, Segment: row.Segment, Flow: row.Flow, FlowName: row.FlowName, FlowARN: row.FlowARN, Action: row.Action, Name: row.Name, Type: row.Type,
			Branch: row.Branch, Result: row.Result, Failed: row.Failed, Note: row.Note, Logged: row.Logged,
		}
		// Both are JSON values.
		if len(row.Parameters) > 0 {
			step.Parameters, _ = json.Marshal(row.Parameters)
		}
		if row.External != nil {
			step.External, _ = json.Marshal(row.External)
		}
		r.record(&raw{kind: Flow, began: r.now(), contact: contactID, flow: step})
	}
}

// FlowTold records what became of a contact's flow. It is a tap, and does not block.
func (r *Recorder) FlowTold(contactID string, at time.Time, what string, stopped bool) {
	r.record(&raw{kind: Flow, began: r.now(), contact: contactID, flow: &FlowStep{Time: at, Note: what, Failed: stopped}})
}

// finishFlow makes the exchange of a step: as everything else, with no secret in it.
func (r *Recorder) finishFlow(x *raw) *Exchange {
	step := *x.flow
	e := &r.scratch.exchange
	*e = Exchange{
		ID: idOf(x.seq), Seq: x.seq, Time: stamp(x.began), Kind: Flow, ContactID: x.contact, Action: step.Type,
		Size: int64(len(step.Parameters) + len(step.External)), Flow: &step,
	}
	m := r.scratch.fresh()
	for _, value := range [...]*json.RawMessage{&step.Parameters, &step.External} {
		if len(*value) > r.maxBody { // a part of it would be no JSON
			*value, e.Truncated = nil, true
		}
		*value = json.RawMessage(m.whole(string(*value)))
	}
	for _, text := range [...]*string{&step.Branch, &step.Result, &step.Note} {
		*text = m.whole(*text)
	}
	if len(m.known) > 0 { // they may stand in what was masked before
		for _, value := range [...]*json.RawMessage{&step.Parameters, &step.External} {
			*value = json.RawMessage(m.again(string(*value)))
		}
	}
	if step.Action == "" && step.Failed {
		e.Problem = &Problem{
			Rule: "contact-flow", Sentence: step.Note,
			Hint: "`parley flow check` says what in a flow will not run, where, and what to do.",
		}
	}
	return e
}

// texts are the texts of a step in the order in which they are kept.
func (s *FlowStep) texts() [10]*string {
	return [...]*string{&s.Segment, &s.Flow, &s.FlowName, &s.FlowARN, &s.Action, &s.Name, &s.Type, &s.Branch, &s.Result, &s.Note}
}

// size is how much a step holds.
func (s *FlowStep) size() int {
	n := len(s.Parameters) + len(s.External)
	for _, text := range s.texts() {
		n += len(*text)
	}
	return n
}

// holds looks for a text in a step, in whatever case.
func (s *FlowStep) holds(text string) bool {
	for _, part := range s.texts() {
		if containsFold(*part, text) {
			return true
		}
	}
	return containsFold(string(s.Parameters), text) || containsFold(string(s.External), text)
}

// pack appends a step.
func (s *FlowStep) pack(dst []byte) []byte {
	flags := uint64(0)
	if s.Failed {
		flags |= 1
	}
	if s.Logged {
		flags |= 2
	}
	dst = binary.AppendUvarint(binary.AppendUvarint(dst, flags), uint64(s.Time.UnixMilli()))
	for _, text := range s.texts() {
		dst = packText(dst, *text)
	}
	return packText(packText(dst, string(s.Parameters)), string(s.External))
}

// flowStep reads a step. A summary has no values.
func (u *unpacker) flowStep(summary bool) *FlowStep {
	s := &FlowStep{}
	flags := u.number()
	s.Failed, s.Logged = flags&1 != 0, flags&2 != 0
	s.Time = time.UnixMilli(int64(u.number())).UTC()
	for _, text := range s.texts() {
		*text = u.text()
	}
	parameters, external := u.text(), u.text()
	if !summary {
		s.Parameters, s.External = json.RawMessage(parameters), json.RawMessage(external)
	}
	return s
}
