package strict

import "time"

// Rate is a token bucket: PerSecond are refilled, Burst fit in. A zero Rate does not limit.
type Rate struct {
	PerSecond float64
	Burst     int
}

// AllowConnect takes a token for an action of the Amazon Connect API, which AWS counts per
// account and Region. False means that the call has to be refused as throttled.
func (r *Rules) AllowConnect(action string) bool {
	if r == nil {
		return true
	}
	return r.allow(action, connectRate(action))
}

// AllowParticipant takes a token for an action of the Participant Service, which AWS counts
// per instance. Callers leave out a CreateParticipantConnection of a participant who was
// connected before: chatjs gives up for good when a reconnect is refused.
func (r *Rules) AllowParticipant(action string) bool {
	if r == nil {
		return true
	}
	if action == "SendEvent" { // AWS lists the two in one line with one figure
		action = "SendMessage"
	}
	return r.allow("participant:"+action, participantRate(action))
}

// connectRate returns AWS's default rate of an action.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-service-limits.html
func connectRate(action string) Rate {
	switch action {
	case "StartChatContact", "StartContactStreaming", "StopContactStreaming", "CreateParticipant",
		"CreatePersistentContactAssociation", "UpdateParticipantRoleConfig":
		return Rate{5, 8}
	case "StopContact", "DescribeContact", "GetContactAttributes", "UpdateContactAttributes":
		return Rate{10, 15}
	case "SendChatIntegrationEvent":
		return Rate{17, 26}
	}
	return Rate{2, 5}
}

// participantRate returns AWS's default rate of an action; zero for those it publishes none for.
//
// Source: as for connectRate, "Amazon Connect Participant Service API".
func participantRate(action string) Rate {
	switch action {
	case "CreateParticipantConnection":
		return Rate{6, 9}
	case "SendMessage":
		return Rate{10, 15}
	case "GetTranscript", "GetAttachment":
		return Rate{8, 12}
	case "DisconnectParticipant":
		return Rate{3, 5}
	case "StartAttachmentUpload", "CompleteAttachmentUpload":
		return Rate{2, 5}
	}
	return Rate{}
}

// bucket holds the tokens of one action.
type bucket struct {
	tokens float64
	at     time.Time
}

// allow takes a token of a rate's bucket, if one is left. The zero rate allows everything.
func (r *Rules) allow(name string, rate Rate) bool {
	if replaced, ok := r.rates[name]; ok {
		rate = replaced
	}
	if rate == (Rate{}) {
		return true
	}
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	b, ok := r.buckets[name]
	if !ok {
		b = &bucket{tokens: float64(rate.Burst), at: now}
		r.buckets[name] = b
	}
	if passed := now.Sub(b.at); passed > 0 {
		b.tokens = min(float64(rate.Burst), b.tokens+passed.Seconds()*rate.PerSecond)
		b.at = now
	}
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
