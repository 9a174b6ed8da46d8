package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/screen"
)

// printAnswer shows the answer to a start request: the ids on the standard output, or
// the diagnosis as an error. As JSON it is the server's answer, word for word, in both
// cases.
func printAnswer(env *Env, o *startOptions, status int, text []byte) error {
	var answer client.StartAnswer
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
		return &client.RefusalError{Status: status, Answer: answer}
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
