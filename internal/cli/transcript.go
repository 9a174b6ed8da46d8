package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/hint"
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
		id, err := r.contactID(ctx, args[0])
		if err != nil {
			return err
		}
		if *follow {
			return r.follow(ctx, id, newShown(r))
		}
		answer, items, err := r.transcript(ctx, id)
		if err != nil {
			return err
		}
		return r.print(answer, func(w io.Writer) error {
			for _, raw := range items {
				i, readable := readItem(raw)
				if !readable || i.passing() {
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

// idLength is that of a whole id, a UUID.
const idLength = 36

// contactID finds a chat by the beginning of its id, as lists show it.
func (r *remote) contactID(ctx context.Context, begin string) (string, error) {
	if len(begin) == idLength {
		return begin, nil
	}
	var found struct {
		Contacts []contact `json:"contacts"`
	}
	if _, err := r.get(ctx, "/api/contacts?limit=1000", &found); err != nil {
		return "", err
	}
	var ids []string
	for _, c := range found.Contacts {
		if strings.HasPrefix(c.ContactID, begin) {
			ids = append(ids, c.ContactID)
		}
	}
	switch len(ids) {
	case 0:
		return "", hint.New(fmt.Errorf("there is no chat %s", quoteArg(begin)), "`parley contacts` lists the chats")
	case 1:
		return ids[0], nil
	}
	return "", hint.New(fmt.Errorf("%d chats begin with %s", len(ids), quoteArg(begin)), "write more of the id")
}

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

// knows reports whether an item was printed.
func (s *shown) knows(raw json.RawMessage) bool {
	i, readable := readItem(raw)
	return readable && s.seen[i.key()]
}

func newShown(r *remote) *shown { return &shown{r: r, seen: map[string]bool{}} }

// add prints an item unless it was printed before, and reports whether it ends the chat.
func (s *shown) add(raw json.RawMessage) (ended bool, err error) {
	i, readable := readItem(raw)
	if !readable || s.seen[i.key()] {
		return false, nil
	}
	s.seen[i.key()] = true
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
// nothing is lost when one breaks, and nothing is printed twice.
func (r *remote) follow(ctx context.Context, id string, s *shown) error {
	catchUp := func() error {
		var now contact
		// The state comes first: what an ended chat says next is nothing.
		if _, err := r.get(ctx, contactPath(id), &now); err != nil {
			return lostUnlessRefused(err)
		}
		_, items, err := r.transcript(ctx, id)
		if err != nil {
			return lostUnlessRefused(err)
		}
		over := now.State == endedState
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
	return r.listen(ctx, query, func(e serverEvent) error {
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
}

func orEnough(err error) error {
	if err != nil {
		return err
	}
	return errEnough
}
