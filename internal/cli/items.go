package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/interactive"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/transcript"
)

// item is one thing in a chat, as chat sockets and the API show it.
type item struct {
	ID              string    `json:"Id"`
	Type            string    `json:"Type"`
	Time            time.Time `json:"AbsoluteTime"`
	ContentType     string    `json:"ContentType"`
	Content         string    `json:"Content"`
	InitialID       string    `json:"InitialContactId"`
	RelatedID       string    `json:"RelatedContactId"`
	ParticipantID   string    `json:"ParticipantId"`
	DisplayName     string    `json:"DisplayName"`
	ParticipantRole string    `json:"ParticipantRole"`
	Metadata        struct {
		Status string `json:"MessageProcessingStatus"`
	} `json:"MessageMetadata"`
	Processing struct {
		Original string `json:"Original"`
		Why      string `json:"Why"`
	} `json:"Processing"`
	Attachments []struct {
		ID          string `json:"AttachmentId"`
		Name        string `json:"AttachmentName"`
		ContentType string `json:"ContentType"`
		Status      string `json:"Status"`
	} `json:"Attachments"`
}

const (
	eventPrefix  = "application/vnd.amazonaws.connect.event."
	metadataItem = "MESSAGEMETADATA"
)

// readItem reads an item; one of another kind, from a later server, is not readable.
func readItem(raw json.RawMessage) (i item, readable bool) {
	readable = json.Unmarshal(raw, &i) == nil
	return i, readable
}

// passing reports whether an item is only of the moment: typing and receipts. A transcript on
// a terminal leaves them out.
func (i *item) passing() bool { return i.ContentType == transcript.Typing || i.Type == metadataItem }

// key tells items apart. An attachment comes again when its state has changed, a receipt has
// an id of its own.
func (i *item) key() string {
	key := []string{i.ID}
	for _, a := range i.Attachments {
		key = append(key, a.Status)
	}
	return strings.Join(key, " ")
}

// line shows an item to a person.
func (i *item) line() string {
	return clockTime(i.Time) + "  " + i.text()
}

func (i *item) text() string {
	const indent = "          "
	who := screen.Cell(i.DisplayName)
	if role := i.ParticipantRole; role != "" {
		who += " (" + strings.ToLower(screen.Cell(role)) + ")"
	}
	who += i.processing()
	switch {
	case len(i.Attachments) > 0:
		var names []string
		for _, a := range i.Attachments {
			names = append(names, fmt.Sprintf("%s, %s, %s", screen.Cell(a.Name), screen.Cell(a.ContentType), strings.ToLower(screen.Cell(a.Status))))
		}
		return who + ": [" + strings.Join(names, "; ") + "]"
	case i.Type == metadataItem:
		return "-- a receipt"
	case strings.HasPrefix(i.ContentType, eventPrefix):
		return i.event(who)
	case i.ContentType == transcript.Interactive, i.ContentType == transcript.InteractiveResponse:
		return who + ": " + screen.Text(interactiveText(i.Content), indent)
	}
	if chosen, ok := interactive.Chosen(i.Content); ok {
		return who + ": " + screen.Text(chosen, indent)
	}
	return who + ": " + screen.Text(i.Content, indent)
}

// processing says what became of a message on its way; empty for most.
func (i *item) processing() string {
	var notes []string
	if i.Metadata.Status != "" {
		notes = append(notes, screen.Cell(i.Metadata.Status))
	}
	if i.Processing.Original != "" {
		notes = append(notes, "processed; said was: "+screen.Cell(i.Processing.Original))
	}
	if i.Processing.Why != "" {
		notes = append(notes, screen.Cell(i.Processing.Why))
	}
	if len(notes) == 0 {
		return ""
	}
	return " [" + strings.Join(notes, "; ") + "]"
}

// event says in words what happened.
func (i *item) event(who string) string {
	switch name := strings.TrimPrefix(i.ContentType, eventPrefix); name {
	case "participant.joined":
		return "-- " + who + " joined"
	case "participant.invited":
		return "-- " + who + " was asked to join"
	case "participant.left":
		return "-- " + who + " left"
	case "typing":
		return "-- " + who + " is typing"
	case "chat.ended":
		return "-- the chat has ended"
	case "transfer.succeeded":
		return "-- the chat was transferred"
	case "transfer.failed":
		return "-- the chat could not be transferred"
	default:
		return strings.TrimRight("-- "+screen.Cell(name)+" "+strings.TrimLeft(who, "-"), " ")
	}
}

// interactiveText shows what an interactive message, or the answer to one, says: its titles
// and what there is to choose from. What it does not understand it shows as it is.
func interactiveText(content string) string {
	if view, ok := interactive.ReadView(content); ok && view.ID != "" {
		return viewText(view)
	}
	if message, ok := interactive.ReadMessage(content); ok && (message.Title != "" || len(message.Choices) > 0) {
		return messageText(message)
	}
	type words struct {
		Title      string `json:"title"`
		Subtitle   string `json:"subtitle"`
		ActionName string `json:"actionName"`
	}
	var message struct {
		TemplateType string `json:"templateType"`
		Action       string `json:"action"`
		Data         struct {
			words
			Content words `json:"content"`
		} `json:"data"`
	}
	if json.Unmarshal([]byte(content), &message) != nil || message.TemplateType == "" {
		return content
	}
	lines := []string{"[" + message.TemplateType + "]"}
	for _, w := range []words{message.Data.words, message.Data.Content} {
		for _, text := range []string{w.Title, w.Subtitle, w.ActionName} {
			if text != "" {
				lines[0] += " " + text
			}
		}
	}
	if message.Action != "" && len(lines) == 1 {
		lines[0] += " " + message.Action
	}
	return strings.Join(lines, "\n")
}
