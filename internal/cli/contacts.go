package cli

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/screen"
)

// longestList is how many chats the API lists at once.
const longestList = 1000

// others are the names of those in a chat who are not its customer.
func others(c *client.Contact) string {
	var names []string
	for _, p := range c.Participants {
		if p.Role != "CUSTOMER" && p.Role != "SYSTEM" && (p.Left == nil || c.State == client.Ended) && !slices.Contains(names, p.DisplayName) {
			names = append(names, p.DisplayName)
		}
	}
	return screen.Cell(strings.Join(names, ", "))
}

func newContacts(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "contacts [flags]", Short: "List the chats of a running server",
		Long:    "Lists the chats that a running server has on its embedded Amazon Connect, the newest first.",
		Example: "  parley contacts --state active\n  parley contacts -o json",
	}
	state := c.Flags().String("state", "all", "which chats")
	limit := c.Flags().Int("limit", 50, "how many at most")
	before := c.Flags().String("before", "", "only those older than this one")
	placeholders(c, map[string]string{"state": "all|active|ended", "limit": "N", "before": "CONTACT"})
	return withServer(env, c, arguments{}, func(ctx context.Context, r *remote, _ []string) error {
		query := url.Values{"state": {*state}, "limit": {strconv.Itoa(*limit)}}
		older, err := r.contactID(ctx, *before)
		if err != nil {
			return err
		}
		if older != "" {
			query.Set("before", older)
		}
		contacts, more, answer, err := r.ListContacts(ctx, query)
		if err != nil {
			return err
		}
		if more && !r.json {
			next := "`parley contacts --before " + short(contacts[len(contacts)-1].ContactID) + "`"
			if *limit < longestList {
				next += ", or --limit " + strconv.Itoa(min(*limit*2, longestList))
			}
			defer r.note("there are older chats: %s", next)
		}
		if len(contacts) == 0 {
			return r.say(answer, "There are no chats. Start one with `parley chat`, or with a page.")
		}
		return r.print(answer, func(w io.Writer) error {
			return table(w, []string{"CONTACT", "STATE", "STARTED", "CUSTOMER", "WITH"}, func(row func(...string)) {
				for _, c := range contacts {
					row(screen.Cell(c.ContactID), screen.Cell(c.State), dateTime(c.Started), screen.Cell(c.Customer), others(&c))
				}
			})
		})
	})
}

// table writes rows under headings. The cells of others have to be fit for it.
func table(w io.Writer, headings []string, rows func(row func(cells ...string))) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(cells ...string) { _, _ = fmt.Fprintln(t, strings.Join(cells, "\t")) } // errors come back from Flush
	row(headings...)
	rows(row)
	return t.Flush()
}

// placeholders names the values of flags in help texts, and lets shells complete them.
func placeholders(c *cobra.Command, names map[string]string) {
	for name, placeholder := range names {
		c.Flags().Lookup(name).Annotations = map[string][]string{placeholderAnnotation: {placeholder}}
		completeValue(c, name, placeholder)
	}
}

// completeContacts lists chats, the newest first.
func completeContacts(ctx context.Context, r *remote, _ []string) []cobra.Completion {
	contacts, _, err := r.Contacts(ctx, url.Values{"limit": {"50"}, "state": {"all"}})
	if err != nil {
		return nil
	}
	var list []cobra.Completion
	if len(contacts) > 0 {
		list = append(list, cobra.CompletionWithDesc(latest, "the newest"))
	}
	for _, c := range contacts {
		list = append(list, cobra.CompletionWithDesc(c.ContactID, screen.Cell(c.Customer)+", "+dateTime(c.Started)))
	}
	return list
}
