package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/settings"
)

// askAgain is the pause between two questions whether a server is ready.
const askAgain = 50 * time.Millisecond

func newReady(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "ready [flags]", Short: "Say whether a server is ready, or wait until it is",
		Long: "Asks the server at --server, the one that writes --url-file, or the one that listens on --addr, prints\n" +
			"its address when it is ready, and fails when it is not. With --wait it asks until it is ready. With\n" +
			"--url-file no other server counts: the file is waited for, and its process has to be running.",
		DisableFlagsInUseLine: true,
		Example: `  parley ready --wait 30s
  parley serve --addr 127.0.0.1:0 --url-file parley.url & parley ready --url-file parley.url --wait 30s`,
	}
	var address string
	var wait time.Duration
	c.Flags().StringVar(&address, "server", "", "the server to ask")
	c.Flags().DurationVar(&wait, "wait", 0, "how long to wait for the server")
	placeholders(c, map[string]string{"server": "URL", "wait": "TIME"})
	withSettings(c, "some")
	c.RunE = func(c *cobra.Command, args []string) error {
		s, err := loadSettings(env, c, args)
		if err != nil {
			return err
		}
		return awaitReady(c.Context(), env, s, address, wait)
	}
	return c
}

// awaitReady asks until the server is ready or the time is over.
func awaitReady(ctx context.Context, env *Env, s *settings.Settings, named string, wait time.Duration) error {
	deadline := time.Now().Add(wait)
	ticker := time.NewTicker(askAgain)
	defer ticker.Stop()
	for {
		address, err := client.Ready(ctx, env.clientConfig(s, named))
		if err == nil {
			_, err = fmt.Fprintln(env.Stdout, address)
			return err
		}
		if hint.IsUsage(err) {
			return err // asking again does not make it an address
		}
		if !time.Now().Before(deadline) {
			if file, ok := errors.AsType[*client.URLFileError](err); ok && !file.Absent {
				return err // it says all there is to say
			}
			return hint.New(fmt.Errorf("the server is not ready: %w", err), "start it with `parley serve`, or give it more time with --wait")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
