package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/secret"
)

// startAnswer is what the front door answers, in both cases.
type startAnswer struct {
	Data struct {
		Result *struct {
			Metadata struct {
				RequestID string `json:"requestId"`
				Attempts  int    `json:"attempts"`
			} `json:"$metadata"`
			ContactID              string `json:"ContactId"`
			ParticipantID          string `json:"ParticipantId"`
			ParticipantToken       token  `json:"ParticipantToken"`
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

// token is a participant token while it is being read.
type token struct{ secret.Text }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (t *token) UnmarshalText(text []byte) error {
	t.Text = secret.New(string(text))
	return nil
}

// printAnswer shows the answer to a start request: the ids on the standard output, or
// the diagnosis as an error. As JSON it is the server's answer, word for word, in both
// cases.
func printAnswer(env *Env, o *startOptions, status int, text []byte) error {
	var answer startAnswer
	parsed := json.Unmarshal(text, &answer) == nil
	started := parsed && status == 200 && answer.Data.Result != nil
	if !started && answer.Error == "" {
		return hint.New(
			fmt.Errorf("the server answered %d with something that is not an answer of Parley", status),
			"check --server: another program may listen there",
		)
	}
	if *o.output == "json" {
		if _, err := fmt.Fprintln(env.Stdout, strings.TrimSpace(string(text))); err != nil {
			return err
		}
		if !started {
			return errReported
		}
		return nil
	}
	if !started {
		return &answeredError{status: status, answer: answer}
	}
	result := answer.Data.Result
	shown := "not shown, because it is a secret; --show-token or -o json prints it"
	if o.showToken {
		shown = result.ParticipantToken.Reveal()
	}
	var b strings.Builder
	b.WriteString("The chat has started.\n\n")
	for _, line := range [][2]string{
		{"Contact", result.ContactID},
		{"Continued from", result.ContinuedFromContactID},
		{"Participant", result.ParticipantID},
		{"Token", shown},
		{"AWS request", result.Metadata.RequestID},
	} {
		if line[1] != "" {
			fmt.Fprintf(&b, "  %-15s %s\n", line[0], screen.Printable(line[1]))
		}
	}
	_, err := fmt.Fprint(env.Stdout, b.String())
	return err
}

// answeredError is a diagnosis that came as an answer.
type answeredError struct {
	status int
	answer startAnswer
	// text is the answer itself, for programs; it may be empty.
	text string
}

// Error implements error.
func (e *answeredError) Error() string {
	text := screen.Printable(e.answer.Error)
	if e.answer.Field != "" {
		text += " (" + screen.Printable(e.answer.Field) + ")"
	}
	text += fmt.Sprintf("\n  %s, status %d", screen.Printable(e.answer.Code), e.status)
	if e.answer.RequestID != "" {
		text += ", request " + screen.Printable(e.answer.RequestID)
	}
	if e.answer.Docs != "" {
		text += "\n  " + screen.Printable(e.answer.Docs)
	}
	return text
}

// Hint returns the remedy.
func (e *answeredError) Hint() string { return screen.Printable(e.answer.Hint) }
