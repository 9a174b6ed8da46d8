package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/screen"
)

// chatOptions are the flags of `parley chat`.
type chatOptions struct {
	as, name, contact string
	attributes        []string
	linger            time.Duration
}

func newChat(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "chat [flags]", Short: "Hold a chat from the terminal, as a customer or an agent",
		Long: "Holds a chat on a running server: as a customer, who starts one as a page does, or as an agent, who\n" +
			"takes the next chat that waits, or the one of --contact. Each line that is typed is a message;\n" +
			"/help lists what else can be done. When the input ends and nothing is said any more, the chat is left.",
		Example: `  parley chat
  parley chat --name Pat --attribute orderId=42
  parley chat --as agent --name Ann
  echo "Where is my order?" | parley chat -o json`,
	}
	var o chatOptions
	flags := c.Flags()
	flags.StringVar(&o.as, "as", "customer", "who to be")
	flags.StringVar(&o.name, "name", "", "the name that the other side sees")
	flags.StringVar(&o.contact, "contact", "", "the chat that an agent takes")
	flags.StringArrayVar(&o.attributes, "attribute", nil, "a contact attribute of a customer's chat (may be repeated)")
	flags.DurationVar(&o.linger, "linger", 3*time.Second, "how long nothing may be said after the end of the input")
	placeholders(c, map[string]string{
		"as": "customer|agent", "name": "NAME", "contact": "CONTACT", "attribute": "KEY=VALUE", "linger": "TIME",
	})
	return withServer(env, c, arguments{}, func(ctx context.Context, r *remote, _ []string) error {
		if err := r.refuseAWS(ctx); err != nil {
			return err
		}
		switch {
		case o.as == "agent" && len(o.attributes) > 0:
			return hint.Usage("--attribute is for customers", "`parley chat --attribute KEY=VALUE` starts a chat with it")
		case o.as == "agent":
			return chatAsAgent(ctx, r, o)
		case o.as != "customer":
			return hint.Usage("--as: "+quoteArg(o.as)+" is not one of customer, agent", "")
		case o.contact != "":
			return hint.Usage("--contact is for agents: a customer starts a new chat", "take that chat with `parley chat --as agent --contact ID`")
		}
		return chatAsCustomer(ctx, r, o)
	})
}

// refuseAWS ends commands that a server in front of AWS cannot carry out, before they have
// begun something there that costs money.
func (r *remote) refuseAWS(ctx context.Context) error {
	switch upstream, err := r.Upstream(ctx); {
	case err != nil:
		return err
	case upstream != "aws":
		return nil
	}
	return hint.New(
		fmt.Errorf("the server at %s starts chats on AWS; this command is for the embedded Amazon Connect", r.URL()),
		"start a server without --upstream aws, or only a chat with `parley start`",
	)
}

// party is one side of a chat.
type party interface {
	// Say sends a message.
	Say(ctx context.Context, text string) error
	// commands are what can be done beside, by the first word of a line, without its slash.
	commands() []chatCommand
	// Leave ends the party's part. It is called once, also when ctx has ended.
	Leave(ctx context.Context) error
}

// chatCommand is something to do in a chat beside talking.
type chatCommand struct {
	name, argument, what string
	// do returns whether the party is out of the chat then.
	do func(ctx context.Context, argument string) (left bool, err error)
}

// leaveTime is what a party gets to leave after an interrupt.
const leaveTime = 5 * time.Second

// conversation is what the other side of a chat does, as far as it matters to who types.
type conversation struct {
	// linger is how long nothing may be said after the end of the input.
	linger time.Duration
	// over tells of the end of the chat, heard that something was said.
	over  <-chan error
	heard <-chan struct{}
	// parting is how long the end of the chat may take to come after the party has left. It may
	// never come: others may go on.
	parting time.Duration
	// lines are what the user types; nil for what comes from now on.
	lines <-chan typed
}

// hold passes on what the user types until the chat is over or the user has left it.
func hold(ctx context.Context, r *remote, p party, talk conversation) error {
	lines := talk.lines
	if lines == nil {
		lines = readLines(ctx, r.env)
	}
	var quiet <-chan time.Time
	failed := error(nil)
	for {
		select {
		case line, more := <-lines:
			if !more {
				lines, quiet = nil, time.After(talk.linger)
				continue
			}
			left, err := false, line.err
			if err == nil {
				left, err = heed(ctx, r, p, line.text)
			}
			if err != nil && ctx.Err() == nil {
				r.env.report(r.shownRefusal(err))
				failed = errReported // and the chat goes on
			}
			if left {
				return errors.Join(seeOff(talk), failed)
			}
		case <-talk.heard:
			if quiet != nil {
				quiet = time.After(talk.linger)
			}
		case err := <-talk.over:
			if ctx.Err() == nil {
				return errors.Join(err, failed)
			}
		case <-quiet:
			if err := p.Leave(ctx); err != nil {
				return errors.Join(err, failed)
			}
			return errors.Join(seeOff(talk), failed)
		case <-ctx.Done():
			bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
			defer cancel()
			_ = p.Leave(bounded) // that the user has had enough is what counts
			return ctx.Err()
		}
	}
}

// seeOff lets the end of a chat be shown, if it comes with the party's leaving.
func seeOff(talk conversation) error {
	select {
	case err := <-talk.over:
		return err
	case <-time.After(talk.parting):
		return nil
	}
}

// shownRefusal takes the server's words from a refusal: those are for the standard output,
// where a chat prints what is said.
func (r *remote) shownRefusal(err error) error {
	if refusal, ok := errors.AsType[*client.RefusalError](err); ok {
		refusal.Text = nil
	}
	return err
}

// heed does what a line says.
func heed(ctx context.Context, r *remote, p party, line string) (left bool, err error) {
	command, isCommand := strings.CutPrefix(line, "/")
	switch {
	case strings.TrimSpace(line) == "":
		return false, nil
	case !isCommand:
		return false, p.Say(ctx, line)
	case strings.HasPrefix(command, "/"): // two slashes say one
		return false, p.Say(ctx, command)
	}
	name, argument, _ := strings.Cut(command, " ")
	argument = strings.TrimSpace(argument)
	if name == "quit" || name == "q" {
		return true, p.Leave(ctx)
	}
	for _, known := range p.commands() {
		if known.name == name {
			if (argument == "") != (known.argument == "") {
				return false, hint.Usage("write /"+strings.TrimSpace(known.name+" "+known.argument), "")
			}
			return known.do(ctx, argument)
		}
	}
	if name != "help" {
		r.note("there is no /%s; to say it, write //%s", screen.Text(name, ""), screen.Text(name, ""))
	}
	for _, known := range append(p.commands(), chatCommand{name: "quit", what: "leave the chat"}) {
		r.note("  %-16s %s", strings.TrimSpace("/"+known.name+" "+known.argument), known.what)
	}
	return false, nil
}
