package client

import (
	"fmt"

	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/secret"
)

// StartAnswer is the front door's answer to a start request, a chat or a diagnosis.
type StartAnswer struct {
	Data struct {
		Result *struct {
			Metadata struct {
				RequestID string `json:"requestId"`
				Attempts  int    `json:"attempts"`
			} `json:"$metadata"`
			ContactID              string `json:"ContactId"`
			ParticipantID          string `json:"ParticipantId"`
			ParticipantToken       Token  `json:"ParticipantToken"`
			ContinuedFromContactID string `json:"ContinuedFromContactId"`
		} `json:"startChatResult"`
	} `json:"data"`

	Error     string `json:"error"`
	Code      string `json:"code"`
	Field     string `json:"field"`
	Hint      string `json:"hint"`
	Docs      string `json:"docs"`
	RequestID string `json:"requestId"`
}

// Token is a participant token while it is being read.
type Token struct{ secret.Text }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (t *Token) UnmarshalText(text []byte) error {
	t.Text = secret.New(string(text))
	return nil
}

// RefusalError is a diagnosis that came as an answer.
type RefusalError struct {
	Status int
	Answer StartAnswer
	// Text is the answer itself, for programs; it may be empty.
	Text []byte
}

// Error implements error.
func (e *RefusalError) Error() string {
	text := screen.Printable(e.Answer.Error)
	if e.Answer.Field != "" {
		text += " (" + screen.Printable(e.Answer.Field) + ")"
	}
	text += fmt.Sprintf("\n  %s, status %d", screen.Printable(e.Answer.Code), e.Status)
	if e.Answer.RequestID != "" {
		text += ", request " + screen.Printable(e.Answer.RequestID)
	}
	if e.Answer.Docs != "" {
		text += "\n  " + screen.Printable(e.Answer.Docs)
	}
	return text
}

// Hint returns the remedy.
func (e *RefusalError) Hint() string { return screen.Printable(e.Answer.Hint) }
