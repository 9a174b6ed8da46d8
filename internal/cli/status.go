package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/screen"
)

func newStatus(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "status [flags]", Short: "Say which server runs, and what is going on there",
		Long:    "Prints what a running server says of itself: its version, process, upstream, chats, faults and clock.",
		Example: "  parley status\n  parley status --server http://localhost:3001 -o json",
	}
	return withServer(env, c, arguments{}, func(ctx context.Context, r *remote, _ []string) error {
		status, answer, err := r.Status(ctx)
		if err != nil {
			return err
		}
		return r.print(answer, func(w io.Writer) error {
			line := func(name, value string) {
				_, _ = fmt.Fprintf(w, "%-10s  %s\n", name, screen.Text(value, "            "))
			}
			line("Server", r.URL())
			line("Version", status.Version)
			if status.Process != 0 {
				line("Process", strconv.Itoa(status.Process))
			}
			line("Upstream", status.Upstream.Description)
			if status.ActiveContacts != nil {
				line("Chats", strconv.Itoa(*status.ActiveContacts)+" open")
				kept := "not kept: in memory only"
				if status.Keeps != "" {
					kept = "kept in " + status.Keeps
				}
				line("", kept)
				line("Faults", strconv.Itoa(status.Faults)+" on purpose")
			}
			if status.Clock != nil {
				line("Clock", "skipped "+span(time.Duration(status.Clock.OffsetMs)*time.Millisecond))
			}
			return nil
		})
	})
}

func newStop(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "stop [flags]", Short: "Stop a running server in good order",
		Long:    "Asks a running server to end as Ctrl+C does, and waits until it has: requests in progress are finished.",
		Example: "  parley stop\n  parley stop --server http://localhost:3001",
	}
	wait := c.Flags().Duration("wait", 30*time.Second, "how long to wait for its end")
	placeholders(c, map[string]string{"wait": "TIME"})
	return withServer(env, c, arguments{}, func(ctx context.Context, r *remote, _ []string) error {
		answer, err := r.Stop(ctx)
		if err != nil {
			return err
		}
		deadline := time.Now().Add(*wait)
		ticker := time.NewTicker(askAgain)
		defer ticker.Stop()
		for r.Answers(ctx) {
			if !time.Now().Before(deadline) {
				return hint.New(fmt.Errorf("the server at %s still answers after %s", r.URL(), *wait), "requests in progress are waited for; give it more time with --wait")
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-ticker.C:
			}
		}
		return r.say(answer, "The server at %s has stopped.", r.URL())
	})
}
