package chatsocket

import (
	"bytes"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Topics of frames. A client sends the first three and is sent [TopicChat].
const (
	TopicSubscribe = "aws/subscribe"
	TopicHeartbeat = "aws/heartbeat"
	TopicPing      = "aws/ping"
	TopicChat      = "aws/chat"
)

// Frames of a client.
const (
	Subscribe = `{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}`
	Heartbeat = `{"topic":"aws/heartbeat"}`
	ping      = `{"topic":"aws/ping"}`
)

// Answers of a server. Both kinds of heartbeat need one, of different shape, and the content of
// the subscribe answer is an object, unlike that of an aws/chat frame.
const (
	heartbeatAnswer = Heartbeat
	pingAnswer      = `{"topic":"aws/ping","statusCode":200,"statusContent":"OK"}`
	// Subscribed answers a subscription that works, NotSubscribed one that does not.
	Subscribed    = `{"topic":"aws/subscribe","content":{"status":"success","topics":["aws/chat"]}}`
	NotSubscribed = `{"topic":"aws/subscribe","content":{"status":"failure","topics":["aws/chat"]}}`
)

// Request is the meaning of a client's frame.
type Request uint8

const (
	// Ignored is a frame without an answer. AWS ignores unknown topics.
	Ignored Request = iota
	// HeartbeatRequest is the heartbeat that every client sends.
	HeartbeatRequest
	// PingRequest is the second kind of heartbeat, whose answer has a status.
	PingRequest
	// SubscribeRequest subscribes to the chat. Its answer is [Subscribed] or [NotSubscribed].
	SubscribeRequest
	// OtherSubscribeRequest subscribes to other topics only.
	OtherSubscribeRequest
)

// Answer returns the text that answers the request at once; empty for none.
func (r Request) Answer() string {
	switch r {
	case HeartbeatRequest:
		return heartbeatAnswer
	case PingRequest:
		return pingAnswer
	case OtherSubscribeRequest:
		return NotSubscribed
	case Ignored, SubscribeRequest:
	}
	return ""
}

// IsHeartbeat reports whether the request is a heartbeat of either kind.
func (r Request) IsHeartbeat() bool { return r == HeartbeatRequest || r == PingRequest }

// ReadRequest reads a client's frame. plain reports that it needed no parser and next to no stack:
// heartbeats as amazon-connect-chatjs writes them, which nearly all frames are.
func ReadRequest(frame []byte) (r Request, plain bool) {
	switch string(frame) {
	case Heartbeat:
		return HeartbeatRequest, true
	case ping:
		return PingRequest, true
	}
	return parseRequest(frame), false
}

func parseRequest(frame []byte) Request {
	topic, content := parse(frame)
	switch topic {
	case TopicHeartbeat:
		return HeartbeatRequest
	case TopicPing:
		return PingRequest
	case TopicSubscribe:
		var wanted struct {
			Topics []string `json:"topics"`
		}
		if json.Unmarshal(content, &wanted, jsontext.AllowDuplicateNames(true)) == nil && slices.Contains(wanted.Topics, TopicChat) {
			return SubscribeRequest
		}
		return OtherSubscribeRequest
	}
	return Ignored
}

// Read reads a frame of either side: its topic, empty for text that is no frame, and its content
// when that is a string, as in an aws/chat frame.
func Read(frame []byte) (topic, content string) {
	topic, value := parse(frame)
	if json.Unmarshal(value, &content, jsontext.AllowInvalidUTF8(true)) != nil {
		content = "" // that of an answer is an object
	}
	return topic, content
}

// parse reads one JSON value and ignores the rest, because the iOS SDK writes a stray ")" after
// its frames.
func parse(frame []byte) (topic string, content jsontext.Value) {
	value, err := jsontext.NewDecoder(bytes.NewReader(frame), jsontext.AllowDuplicateNames(true)).ReadValue()
	if err != nil {
		return "", nil
	}
	var in struct {
		Topic   string         `json:"topic"`
		Content jsontext.Value `json:"content"`
	}
	if json.Unmarshal(value, &in, jsontext.AllowDuplicateNames(true)) != nil {
		return in.Topic, nil
	}
	return in.Topic, in.Content
}

// IsHeartbeat reports whether a text is a heartbeat or the answer to one, in a client's
// spelling. It does not parse: it is asked for every frame that passes a relay or an inspector.
func IsHeartbeat(text []byte) bool {
	const longest = 100
	return len(text) <= longest &&
		(bytes.Contains(text, []byte(`"`+TopicHeartbeat+`"`)) || bytes.Contains(text, []byte(`"`+TopicPing+`"`)))
}

// AppendChat appends the frame that shows an item to a client. The content is not an object but
// the text of one: amazon-connect-chatjs drops the other form. Bytes that are not UTF-8 are
// replaced, because a client closes the socket on them.
func AppendChat(dst, item []byte) []byte {
	dst = append(dst, `{"topic":"`+TopicChat+`","contentType":"application/json","content":`...)
	dst, _ = jsontext.AppendQuote(dst, item) // the error tells of the replacement
	return append(dst, '}')
}
