package flow

import (
	"maps"
	"strings"
)

// contactData are the actions that change what is known of the contact.
func contactData() []Type {
	return []Type{
		{Name: "UpdateContactAttributes", Support: Runs, block: block{start: setAttributes}},
		{Name: "UpdateFlowAttributes", Support: Runs, block: block{start: setFlowAttributes}},
		{Name: "UpdateContactData", Support: Runs, block: block{start: setData}, Note: "Members of Voice ID take the error branch: it ended on 2026-05-20."},
		{
			Name: "UpdateFlowLoggingBehavior", Support: Runs, block: block{start: setLogging},
			Note: "`parley tail --flow` has the log of every flow, and marks what is switched on. Names of blocks and parameters are those of older exports (documented for some, " +
				"observed in published logs for others, guessed for the rest), and so are the texts of `Results`; a failure that is no function's is `Error` (observed).",
		},
		{Name: "TagContact", Support: Runs, block: block{start: tag}},
		{Name: "UntagContact", Support: Runs, block: block{start: untag}},
		{Name: "UpdateContactRecordingBehavior", Support: Runs, block: block{start: nothing}, Note: "Without effect, as nothing is recorded."},
		{
			Name: "UpdateContactRecordingAndAnalyticsBehavior", Support: Runs, block: block{start: setAnalytics},
			Note: "In-flight redaction of messages by patterns and check digits (docs/functions.md names the kinds that have none); the rest of a form for chats is without effect, " +
				"as nothing is analyzed. A form for calls takes ChannelMismatch. An unknown kind or mask takes InFlightRedactionConfigurationFailed (guessed).",
		},
		{Name: "UpdateContactTextToSpeechVoice", Support: Runs, block: block{start: nothing}, Note: "Without effect, as in Amazon Connect."},
		{
			Name: "UpdateContactMediaProcessing", Support: Runs, block: block{start: askWith},
			Note: "Messages pass the function, which `functions` in parley.yaml says (docs/functions.md). Without an entry they pass as they are, with a line in the log; the error branch when strict.",
		},
	}
}

// maxAttributes is how many bytes keys and values of all attributes may have together. What else a
// flow keeps is bounded by the same figure: it could double what it keeps at every turn of a circle.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_UpdateContactAttributes.html
const maxAttributes = 32_768

// within reports whether values have no more bytes together than attributes may. It stops counting
// there, so that a value which holds another many times over is not walked to its end.
func within(values ...any) bool {
	left := maxAttributes
	for _, v := range values {
		left = spend(v, left)
	}
	return left >= 0
}

// spend takes the bytes of a value from what is left.
func spend(v any, left int) int {
	switch v := v.(type) {
	case string:
		return left - len(v)
	case map[string]string:
		for key, text := range v {
			left -= len(key) + len(text)
		}
	case map[string]any:
		for key, inner := range v {
			if left < 0 {
				return left
			}
			left = spend(inner, left-len(key))
		}
	case []any:
		for _, inner := range v {
			if left < 0 {
				return left
			}
			left = spend(inner, left-1)
		}
	}
	return left
}

// setAttributes changes contact attributes, all or none. Every value is found before any is set, so
// that two can be exchanged.
func setAttributes(r *run, n *node) outcome {
	wanted, ok := r.param(n, "Attributes").(map[string]any)
	if !ok {
		r.note = "Attributes is no object"
		return fail(noMatch)
	}
	changes := texts(wanted)
	if r.text(n, "TargetContact") == "Related" {
		r.note = "attributes of the related contact are not kept here"
		return done()
	}
	next := with(r.attributes, changes)
	if !within(next) {
		r.note = "the attributes would have more than 32,768 bytes"
		return fail(noMatch)
	}
	r.attributes = next
	r.effects = append(r.effects, Effect{Kind: SetAttributes, Attributes: changes})
	return done()
}

// setFlowAttributes changes the flow attributes. Each value stands within an object of its own.
func setFlowAttributes(r *run, n *node) outcome {
	wanted, ok := r.param(n, "FlowAttributes").(map[string]any)
	if !ok {
		r.note = "FlowAttributes is no object"
		return fail(noMatch)
	}
	changes := make(map[string]string, len(wanted))
	for key, value := range wanted {
		if object, is := value.(map[string]any); is {
			value = object["Value"]
		}
		changes[key] = Text(value)
	}
	next := with(r.frame.Attributes, changes)
	if !within(next) {
		r.note = "the flow attributes would have more than 32,768 bytes"
		return fail(noMatch)
	}
	r.frame.Attributes = next
	return done()
}

// setData changes the contact's own members.
func setData(r *run, n *node) outcome {
	for name := range n.params {
		if strings.HasPrefix(name, "VoiceId") || strings.HasPrefix(name, "Fraud") || name == "CustomerSpeakerId" {
			r.note = voiceIDEnded
			return fail(noMatch)
		}
	}
	kept := r.state.Kept
	data := map[string]string{}
	for _, name := range []string{"Name", "Description", "LanguageCode", "CustomerId"} {
		if _, there := n.params[name]; there {
			data[name] = r.text(n, name)
		}
	}
	kept.Data = with(kept.Data, data)
	if v, there := n.params["References"]; there {
		refs, _ := v.resolve(r).(map[string]any)
		more := make(map[string]Reference, len(refs))
		for key, value := range refs {
			more[key] = Reference{Type: Text(descend(value, []string{"Type"})), Value: Text(descend(value, []string{"Value"}))}
		}
		kept.References = with(kept.References, more)
	}
	if v, there := n.params["SegmentAttributes"]; there {
		segment, _ := v.resolve(r).(map[string]any)
		kept.Segment = with(kept.Segment, segment)
	}
	if !within(kept.Data, kept.references(), kept.Segment) {
		r.note = "the contact's data would have more than 32,768 bytes"
		return fail(noMatch)
	}
	r.state.Kept = kept
	if arn := r.text(n, "WisdomSessionArn"); arn != "" {
		r.keep(map[string]any{"Wisdom": map[string]any{"SessionArn": arn}})
	}
	return done()
}

// setLogging switches the flow log.
func setLogging(r *run, n *node) outcome {
	r.state.Kept.Logging = strings.EqualFold(r.text(n, "FlowLoggingBehavior"), "Enabled")
	return done()
}

// tag adds tags.
func tag(r *run, n *node) outcome {
	tags, ok := r.param(n, "Tags").(map[string]any)
	if !ok || len(tags) == 0 {
		r.note = "Tags names no tag"
		return fail(noMatch)
	}
	next := with(r.state.Kept.Tags, texts(tags))
	if len(next) > 6 || !within(next) {
		r.note = "a contact has at most six tags, of 32,768 bytes together"
		return fail(noMatch)
	}
	r.state.Kept.Tags = next
	return done()
}

// untag takes tags away.
func untag(r *run, n *node) outcome {
	keys, ok := r.param(n, "TagKeys").([]any)
	if !ok || len(keys) == 0 {
		r.note = "TagKeys names no tag"
		return fail(noMatch)
	}
	next := maps.Clone(r.state.Kept.Tags)
	for _, key := range keys {
		delete(next, Text(key))
	}
	r.state.Kept.Tags = next
	return done()
}

// setAnalytics asks for what a form for chats wants to be redacted. Nothing is analyzed.
func setAnalytics(r *run, n *node) outcome {
	if _, chat := n.params["ChatBehavior"]; !chat {
		if _, voice := n.params["VoiceBehavior"]; voice {
			r.note = "VoiceBehavior is for calls"
			return fail("ChannelMismatch")
		}
	}
	const redaction = "InFlightChatRedactionConfiguration"
	behavior := r.param(n, "ChatBehavior")
	if descend(behavior, []string{"ChatAnalyticsBehavior", redaction}) == nil {
		if descend(behavior, []string{redaction}) != nil {
			r.note = redaction + " redacts nothing here: it belongs into ChatAnalyticsBehavior"
		}
		return done()
	}
	return r.ask(n, "")
}

// nothing goes on.
func nothing(*run, *node) outcome { return done() }
