package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/settings"
)

// remote is a running server as a command speaks to it.
type remote struct {
	*client.Server
	env      *Env
	settings *settings.Settings
	// json asks for results that programs read, form is the form that was asked for.
	json bool
	form string
}

// openRemote finds the server that settings and a flag name. It is not called yet.
func openRemote(env *Env, s *settings.Settings, named string) (*remote, error) {
	r := &remote{env: env, settings: s}
	config := env.clientConfig(s, named)
	config.Lost = func(reason error) {
		r.note("the connection is lost (%s); trying again", screen.Text(reason.Error(), "  "))
	}
	var err error
	r.Server, err = client.Open(config)
	return r, err
}

// clientConfig names the server of settings and a flag.
func (e *Env) clientConfig(s *settings.Settings, named string) client.Config {
	return client.Config{
		Settings: s, Named: named, ReadFile: e.readFile, RuntimeDirs: e.runtimeDirs(), UserAgent: e.Build.userAgent(),
	}
}

// arguments says how many arguments a command takes, and what they are called.
type arguments struct {
	least, most int
	name        string
	// complete lists what the next argument can be; nil lists nothing.
	complete func(ctx context.Context, r *remote, before []string) []cobra.Completion
}

// many is no limit to the number of arguments.
const many = 1 << 20

// completeTime is how long a server may take to say what there is to complete: on a busy machine seconds.
// Somebody waits at a prompt, but only for a server that says nothing.
const completeTime = 5 * time.Second

// withServer makes a command a client of a running server's API. Its result may have more forms than
// text and JSON.
func withServer(env *Env, c *cobra.Command, want arguments, run func(ctx context.Context, r *remote, args []string) error, more ...string) *cobra.Command {
	c.DisableFlagsInUseLine = true
	server := c.Flags().String("server", "", "the server to ask")
	placeholders(c, map[string]string{"server": "URL"})
	output := outputFlag(c, more...)
	withSettings(c, "some")
	c.RunE = func(c *cobra.Command, args []string) error {
		unknown, args := splitFlags(args)
		if want.most == 0 {
			unknown, args = append(unknown, args...), nil
		}
		s, err := loadSettings(env, c, unknown)
		if err != nil {
			return err
		}
		if err := checkOutput(*output, more...); err != nil {
			return err
		}
		if len(args) < want.least || len(args) > want.most {
			return hint.Usage("`"+c.CommandPath()+"` takes "+want.name, "see `"+c.CommandPath()+" --help`")
		}
		r, err := openRemote(env, s, *server)
		if err != nil {
			return err
		}
		r.json, r.form = *output == "json", *output
		defer r.Close()
		return r.result(run(c.Context(), r, args))
	}
	ask := func(c *cobra.Command, args []string, complete func(context.Context, *remote, []string) []cobra.Completion) ([]cobra.Completion, cobra.ShellCompDirective) {
		const none = cobra.ShellCompDirectiveNoFileComp
		s, err := loadSettings(env, c, nil)
		if err != nil {
			return nil, none
		}
		r, err := openRemote(env, s, *server)
		if err != nil {
			return nil, none
		}
		ctx, cancel := context.WithTimeout(c.Context(), completeTime)
		defer cancel()
		return complete(ctx, r, args), none
	}
	c.ValidArgsFunction = func(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if want.complete == nil || len(args) >= want.most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return ask(c, args, want.complete)
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if slices.Equal(f.Annotations[placeholderAnnotation], []string{contactPlaceholder}) {
			_ = c.RegisterFlagCompletionFunc(f.Name, func(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
				return ask(c, args, completeContacts)
			})
		}
	})
	return c
}

// splitFlags separates flags that there are not from arguments.
func splitFlags(args []string) (flags, plain []string) {
	for _, arg := range args {
		if strings.HasPrefix(arg, "-") && arg != "-" {
			flags = append(flags, arg)
		} else {
			plain = append(plain, arg)
		}
	}
	return flags, plain
}

// result reports a refusal as the server's own words when programs read, as it does success.
func (r *remote) result(err error) error {
	refusal, ok := errors.AsType[*client.RefusalError](err)
	if !ok || !r.json || len(refusal.Text) == 0 {
		return err
	}
	if _, err := fmt.Fprintln(r.env.Stdout, compact(refusal.Text)); err != nil {
		return err
	}
	return errReported
}

// print writes lines for a person or, for programs, an answer of the server.
func (r *remote) print(answer []byte, text func(w io.Writer) error) error {
	if !r.json {
		return text(r.env.Stdout)
	}
	if len(answer) == 0 {
		answer = []byte("{}")
	}
	_, err := fmt.Fprintln(r.env.Stdout, compact(answer))
	return err
}

// say is print with one line.
func (r *remote) say(answer []byte, format string, args ...any) error {
	return r.print(answer, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, format+"\n", args...)
		return err
	})
}

// note tells a person something beside the result.
func (r *remote) note(format string, args ...any) {
	_, _ = fmt.Fprintf(r.env.Stderr, "parley: "+format+"\n", args...) // nobody is left to tell
}
