package awsfake

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// chat is what StartChatContact answered.
type chat struct {
	ContactID        string `json:"ContactId"`
	ParticipantID    string `json:"ParticipantId"`
	ParticipantToken string `json:"ParticipantToken"`
}

// startChat is StartChatContact. A stateless endpoint keeps nothing and looks at no member.
func (e *Endpoint) startChat(w http.ResponseWriter, r *http.Request, c call) {
	if e.config.Stateless {
		if !json.Valid(c.body) {
			writeFault(w, r, fault{http.StatusBadRequest, "SerializationException", "not json"})
			return
		}
		writeChat(w, newChat())
		return
	}
	var in struct {
		InstanceID         string `json:"InstanceId"`
		ContactFlowID      string `json:"ContactFlowId"`
		ClientToken        string
		ParticipantDetails struct{ DisplayName string }
	}
	if err := json.Unmarshal(c.body, &in); err != nil {
		writeFault(w, r, fault{http.StatusBadRequest, "SerializationException", err.Error()})
		return
	}
	if in.InstanceID == "" || in.ContactFlowID == "" || in.ParticipantDetails.DisplayName == "" {
		writeFault(w, r, fault{http.StatusBadRequest, "InvalidRequestException", "a required member is missing"})
		return
	}
	if len(e.config.Instances) > 0 {
		if _, ok := e.flow(in.InstanceID, in.ContactFlowID); !ok {
			writeFault(w, r, notFound())
			return
		}
	}
	writeChat(w, e.started(in.InstanceID, in.ClientToken))
}

// started makes a contact, or finds the one the token already stands for.
func (e *Endpoint) started(instance, token string) chat {
	e.mu.Lock()
	defer e.mu.Unlock()
	key := resourceID(instance) + " " + token
	if known, ok := e.byToken[key]; ok && token != "" {
		return known
	}
	made := newChat()
	e.contacts[made.ContactID] = false
	e.byToken[key] = made
	return made
}

// newChat is a chat with a token of about the length of AWS's.
func newChat() chat {
	var random [150]byte
	_, _ = rand.Read(random[:]) // never fails, by its documentation
	return chat{
		ContactID: newUUID(), ParticipantID: newUUID(),
		ParticipantToken: "QVFJREFI" + base64.StdEncoding.EncodeToString(random[:]),
	}
}

// writeChat writes the answer by hand: benchmarks measure what stands in front of this endpoint, on the
// same machine.
func writeChat(w http.ResponseWriter, c chat) {
	b := make([]byte, 0, 400)
	b = append(b, `{"ContactId":"`...)
	b = append(b, c.ContactID...)
	b = append(b, `","ParticipantId":"`...)
	b = append(b, c.ParticipantID...)
	b = append(b, `","ParticipantToken":"`...)
	b = append(b, c.ParticipantToken...)
	b = append(b, `"}`...)
	w.Header()["Content-Type"] = []string{"application/json"}
	_, _ = w.Write(b) // a caller that is gone needs no answer
}

// stopContact is StopContact. It does not mind a contact that was stopped before.
func (e *Endpoint) stopContact(w http.ResponseWriter, r *http.Request, c call) {
	var in struct {
		InstanceID string `json:"InstanceId"`
		ContactID  string `json:"ContactId"`
	}
	if err := json.Unmarshal(c.body, &in); err != nil || in.InstanceID == "" || in.ContactID == "" {
		writeFault(w, r, fault{http.StatusBadRequest, "InvalidRequestException", "InstanceId and ContactId are required"})
		return
	}
	e.mu.Lock()
	_, known := e.contacts[in.ContactID]
	if known {
		e.contacts[in.ContactID] = true
	}
	e.mu.Unlock()
	if !known && !e.config.Stateless {
		writeFault(w, r, fault{http.StatusGone, "ContactNotFoundException", "The contact with the specified ID does not exist."})
		return
	}
	writeJSON(w, struct{}{})
}

// describeInstance is DescribeInstance.
func (e *Endpoint) describeInstance(w http.ResponseWriter, r *http.Request, c call) {
	instance, ok := e.instance(c.segments[0])
	if !ok {
		writeFault(w, r, notFound())
		return
	}
	writeJSON(w, map[string]any{"Instance": map[string]any{
		"Id": instance.ID, "Arn": e.instanceARN(instance.ID), "InstanceAlias": instance.Alias,
		"InstanceStatus": instance.Status, "IdentityManagementType": "CONNECT_MANAGED",
		"CreatedTime": 1700000000.123, "InboundCallsEnabled": true, "OutboundCallsEnabled": false,
	}})
}

// describeFlow is DescribeContactFlow.
func (e *Endpoint) describeFlow(w http.ResponseWriter, r *http.Request, c call) {
	flow, ok := e.flow(c.segments[0], c.segments[1])
	if !ok {
		writeFault(w, r, notFound())
		return
	}
	instance := resourceID(c.segments[0])
	writeJSON(w, map[string]any{"ContactFlow": map[string]any{
		"Arn": e.instanceARN(instance) + "/contact-flow/" + flow.ID, "Id": flow.ID, "Name": flow.Name,
		"Type": flow.Type, "State": flow.State, "Status": flow.Status, "Content": `{"Version":"2019-10-30"}`,
	}})
}

// listOrigins answers two origins a page, so that callers have to page.
func (e *Endpoint) listOrigins(w http.ResponseWriter, r *http.Request, c call) {
	instance, ok := e.instance(c.segments[0])
	if !ok {
		writeFault(w, r, notFound())
		return
	}
	const page = 2
	start, _ := strconv.Atoi(r.URL.Query().Get("nextToken")) // no token is page zero
	start = max(0, min(start, len(instance.Origins)))
	end := min(start+page, len(instance.Origins))
	answer := map[string]any{"Origins": append([]string{}, instance.Origins[start:end]...)}
	if end < len(instance.Origins) {
		answer["NextToken"] = strconv.Itoa(end)
	}
	writeJSON(w, answer)
}

// instance looks an instance up by id or ARN and fills its defaults in.
func (e *Endpoint) instance(id string) (Instance, bool) {
	id = resourceID(id)
	found := Instance{ID: id, Alias: "parley-fake"}
	known := len(e.config.Instances) == 0
	for _, candidate := range e.config.Instances {
		if candidate.ID == id {
			found, known = candidate, true
		}
	}
	setDefault(&found.Status, "ACTIVE")
	return found, known
}

// flow looks a flow up by id or ARN and fills its defaults in.
func (e *Endpoint) flow(instanceID, id string) (Flow, bool) {
	instance, ok := e.instance(instanceID)
	if !ok {
		return Flow{}, false
	}
	id = resourceID(id)
	found := Flow{ID: id, Name: "Sample inbound flow"}
	known := len(e.config.Instances) == 0
	for _, candidate := range instance.Flows {
		if candidate.ID == id {
			found, known = candidate, true
		}
	}
	setDefault(&found.Type, "CONTACT_FLOW")
	setDefault(&found.State, "ACTIVE")
	setDefault(&found.Status, "PUBLISHED")
	return found, known
}

func (e *Endpoint) instanceARN(id string) string {
	return "arn:aws:connect:" + e.config.Region + ":" + DefaultAccount + ":instance/" + id
}

// resourceID returns the last part of an ARN, or the id as it is.
func resourceID(id string) string {
	if strings.HasPrefix(id, "arn:") {
		return id[strings.LastIndexByte(id, '/')+1:]
	}
	return id
}

func notFound() fault {
	return fault{http.StatusNotFound, "ResourceNotFoundException", "Resource not found of Type: null"}
}

// newUUID is a random id of version 4 (RFC 9562, section 5.4).
func newUUID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails, by its documentation
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	var text [36]byte
	hex.Encode(text[0:8], raw[0:4])
	hex.Encode(text[9:13], raw[4:6])
	hex.Encode(text[14:18], raw[6:8])
	hex.Encode(text[19:23], raw[8:10])
	hex.Encode(text[24:36], raw[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}
