package participant

import (
	"bytes"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Topics of frames. A client sends the first three and is sent aws/chat.
const (
	topicSubscribe = "aws/subscribe"
	topicHeartbeat = "aws/heartbeat"
	topicPing      = "aws/ping"
	topicChat      = "aws/chat"
)

// Answers of the server. Both kinds of heartbeat need one, of different shape, and the
// content of the subscribe answer is an object, unlike that of an aws/chat frame.
const (
	heartbeatAnswer  = `{"topic":"aws/heartbeat"}`
	pingAnswer       = `{"topic":"aws/ping","statusCode":200,"statusContent":"OK"}`
	subscribed       = `{"topic":"aws/subscribe","content":{"status":"success","topics":["aws/chat"]}}`
	subscribeFailure = `{"topic":"aws/subscribe","content":{"status":"failure","topics":["aws/chat"]}}`
)

// heartbeatOf recognises a heartbeat as chatjs writes it, which is what nearly all frames are.
// It needs no parser and next to no stack.
func heartbeatOf(frame []byte) (topic string, ok bool) {
	switch string(frame) {
	case `{"topic":"aws/heartbeat"}`:
		return topicHeartbeat, true
	case `{"topic":"aws/ping"}`:
		return topicPing, true
	}
	return "", false
}

// topicOf reads a client's frame: what it is about, and for a subscription whether chat is
// among what it wants. It reads one JSON value and ignores what follows, because the iOS SDK
// writes a stray ")" there; what it cannot read is about nothing.
func topicOf(frame []byte) (topic string, wantsChat bool) {
	value, err := jsontext.NewDecoder(bytes.NewReader(frame), jsontext.AllowDuplicateNames(true)).ReadValue()
	if err != nil {
		return "", false
	}
	var in struct {
		Topic   string         `json:"topic"`
		Content jsontext.Value `json:"content"`
	}
	if json.Unmarshal(value, &in, jsontext.AllowDuplicateNames(true)) != nil || in.Topic != topicSubscribe {
		return in.Topic, false
	}
	var content struct {
		Topics []string `json:"topics"`
	}
	err = json.Unmarshal(in.Content, &content, jsontext.AllowDuplicateNames(true))
	return in.Topic, err == nil && slices.Contains(content.Topics, topicChat)
}
