package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/transcript"
)

func newTranscript(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "transcript CONTACT [flags]", Short: "Print what was said in a chat",
		Long: "Prints what was said and done in a chat of a running server. With --follow it goes on until the chat\n" +
			"ends; -o json then prints one item a line.",
		Example: "  parley transcript ID\n  parley transcript ID -f\n  parley transcript ID -o json",
	}
	follow := c.Flags().BoolP("follow", "f", false, "go on with what is said next, until the chat ends")
	want := arguments{least: 1, most: 1, name: "one CONTACT; `parley contacts` lists them", complete: completeContacts}
	return withServer(env, c, want, func(ctx context.Context, r *remote, args []string) error {
		id, err := r.contactID(ctx, args[0])
		if err != nil {
			return err
		}
		if *follow {
			return r.Follow(ctx, id, newShown(r))
		}
		items, answer, err := r.Transcript(ctx, id)
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

// idLength is that of a whole id, a UUID.
const idLength = 36

// latest is the word for the newest chat, in the place of its id.
const latest = "latest"

// contactID finds a chat by the beginning of its id, as lists show it, or the latest one. Nothing
// stays nothing.
func (r *remote) contactID(ctx context.Context, begin string) (string, error) {
	switch {
	case begin == "" || len(begin) == idLength:
		return begin, nil
	case begin == latest:
		contacts, _, err := r.Contacts(ctx, url.Values{"limit": {"1"}})
		if err != nil {
			return "", err
		}
		if len(contacts) == 0 {
			return "", hint.New(errors.New("there are no chats, so none is the latest"), "start one with `parley chat`, or with a page")
		}
		return contacts[0].ContactID, nil
	}
	contacts, _, err := r.Contacts(ctx, url.Values{"limit": {strconv.Itoa(longestList)}})
	if err != nil {
		return "", err
	}
	var ids []string
	for _, c := range contacts {
		found := strings.HasPrefix(c.ContactID, begin)
		for _, s := range c.Segments {
			found = found || strings.HasPrefix(s.ContactID, begin)
		}
		if found {
			ids = append(ids, c.ContactID)
		}
	}
	switch len(ids) {
	case 0:
		return "", hint.New(fmt.Errorf("there is no chat %s", quoteArg(begin)), "`parley contacts` lists the chats; `latest` means the newest one")
	case 1:
		return ids[0], nil
	}
	return "", hint.New(fmt.Errorf("%d chats begin with %s", len(ids), quoteArg(begin)), "write more of the id")
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

// Knows implements [client.View].
func (s *shown) Knows(raw json.RawMessage) bool {
	i, readable := readItem(raw)
	return readable && s.seen[i.key()]
}

func newShown(r *remote) *shown { return &shown{r: r, seen: map[string]bool{}} }

// Add implements [client.View]: it prints an item unless it was printed before.
func (s *shown) Add(raw json.RawMessage) (ended bool, err error) {
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
	return i.ContentType == transcript.ChatEnded, err
}
