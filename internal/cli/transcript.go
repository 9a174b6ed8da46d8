package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"
)

func newTranscript(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "transcript CONTACT [flags]", Short: "Print what was said in a chat",
		Long: "Prints what was said and done in a chat of a running server. With --follow it goes on until the chat\n" +
			"ends; -o json then prints one item a line.",
		Example: "  parley transcript ID\n  parley transcript ID -f\n  parley transcript ID -o json",
	}
	follow := c.Flags().BoolP("follow", "f", false, "go on with what is said next, until the chat ends")
	want := arguments{least: 1, most: 1, name: "one CONTACT; `parley contacts` lists them", complete: completeContacts("all")}
	return withServer(env, c, want, func(ctx context.Context, r *remote, args []string) error {
		if *follow {
			_, err := r.follow(ctx, args[0], newShown(r))
			return err
		}
		answer, items, err := r.transcript(ctx, args[0])
		if err != nil {
			return err
		}
		return r.print(answer, func(w io.Writer) error {
			for _, raw := range items {
				var i item
				if json.Unmarshal(raw, &i) != nil || i.passing() {
					continue
				}
				if _, err := fmt.Fprintln(w, i.line()); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func contactPath(id string) string { return "/api/contacts/" + url.PathEscape(id) }

// transcript reads all items of a chat, oldest first.
func (r *remote) transcript(ctx context.Context, id string) (answer []byte, items []json.RawMessage, err error) {
	var found struct {
		Items []json.RawMessage `json:"items"`
	}
	answer, err = r.get(ctx, contactPath(id)+"/transcript", &found)
	return answer, found.Items, err
}

// shown prints the items of a chat, each once, however often it comes.
type shown struct {
	r    *remote
	seen map[string]bool
	// own is the participant whose messages the user has typed; what a terminal shows already
	// is not shown again.
	own string
	// told is called with every item that is new; nil for nobody.
	told func(*item)
}

func newShown(r *remote) *shown { return &shown{r: r, seen: map[string]bool{}} }

// add prints an item unless it was printed before, and reports whether it ends the chat.
func (s *shown) add(raw json.RawMessage) (ended bool, err error) {
	var i item
	if json.Unmarshal(raw, &i) != nil {
		return false, nil // a later server's
	}
	// An attachment comes again when its state has changed.
	key := i.ID
	for _, a := range i.Attachments {
		key += a.Status
	}
	if i.ID != "" && s.seen[key] {
		return false, nil
	}
	s.seen[key] = true
	if s.told != nil {
		s.told(&i)
	}
	switch {
	case s.r.json:
		_, err = fmt.Fprintln(s.r.env.Stdout, compact(raw))
	case i.passing(), s.own != "" && i.ParticipantID == s.own && i.Type == "MESSAGE":
	default:
		_, err = fmt.Fprintln(s.r.env.Stdout, i.line())
	}
	return i.ContentType == chatEnded, err
}

// follow prints a chat until it ends. Every connection begins with what was missed, so that
// nothing is lost when one breaks, and nothing is printed twice. The contact is as it was at
// the last look.
func (r *remote) follow(ctx context.Context, id string, s *shown) (last contact, err error) {
	catchUp := func() error {
		// The state comes first: what an ended chat says next is nothing.
		if _, err := r.get(ctx, contactPath(id), &last); err != nil {
			return err
		}
		_, items, err := r.transcript(ctx, id)
		if err != nil {
			return err
		}
		over := last.State == endedState
		for _, raw := range items {
			ended, err := s.add(raw)
			if err != nil {
				return err
			}
			over = over || ended
		}
		if over {
			return errEnough
		}
		return nil
	}
	query := url.Values{"topics": {"contacts,items"}, "contact": {id}}
	err = r.listen(ctx, query, func(e serverEvent) error {
		switch e.Name {
		case helloEvent:
			return catchUp()
		case "item":
			if ended, err := s.add(e.Data); ended || err != nil {
				return orEnough(err)
			}
		case "contact":
			var changed contact
			if json.Unmarshal(e.Data, &changed) == nil && changed.State == endedState {
				return catchUp()
			}
		}
		return nil
	})
	return last, err
}

func orEnough(err error) error {
	if err != nil {
		return err
	}
	return errEnough
}
