package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/hint"
)

func newClock(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "clock [flags]", Short: "Show or skip the time of a running server",
		Long: "Prints the time by which timers of chats run, how far it was skipped, and when the next timer ends.\n" +
			"Skipping makes idle timers, chat durations and expiries happen without waiting. There is no way back, because\n" +
			"what was said is in the order of its time; a server with --ephemeral or another --data-dir begins at the time\n" +
			"of this machine.",
		Example: "  parley clock\n  parley clock skip 30m\n  parley clock next",
	}
	withServer(env, c, arguments{}, func(ctx context.Context, r *remote, _ []string) error {
		return r.showClock(r.Clock(ctx))
	})
	skip := &cobra.Command{
		Use: "skip TIME [flags]", Short: "Skip the clock forward",
		Example: "  parley clock skip 90s\n  parley clock skip 2h",
	}
	next := &cobra.Command{
		Use: "next [flags]", Short: "Skip the clock to the end of the next timer",
		Example: "  parley clock next",
	}
	c.AddCommand(
		withServer(env, skip, arguments{least: 1, most: 1, name: "one TIME, such as 30m"}, func(ctx context.Context, r *remote, args []string) error {
			d, err := time.ParseDuration(args[0])
			if err != nil || d < time.Millisecond {
				return hint.Usage(quoteArg(args[0])+" is not a length of time", "write it like 90s, 30m or 2h; the clock only goes forward")
			}
			return r.showClock(r.SkipClock(ctx, d))
		}),
		withServer(env, next, arguments{}, func(ctx context.Context, r *remote, _ []string) error {
			return r.showClock(r.SkipClock(ctx, 0))
		}),
	)
	return c
}

// showClock prints a server's clock, unless there is an error instead.
func (r *remote) showClock(clock client.Clock, answer []byte, err error) error {
	if err != nil {
		return err
	}
	return r.print(answer, func(w io.Writer) error {
		next := "no timer is running"
		if clock.NextTimerMs != nil {
			next = "in " + span(time.Duration(*clock.NextTimerMs)*time.Millisecond)
		}
		_, err := fmt.Fprintf(w, "Time        %s\nSkipped     %s\nNext timer  %s\n",
			dateTime(clock.Now), span(time.Duration(clock.OffsetMs)*time.Millisecond), next)
		return err
	})
}
