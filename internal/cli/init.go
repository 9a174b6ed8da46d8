package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/serve"
	"github.com/parley-chat/parley/internal/settings"
)

// question asks for a setting that the command line does not have.
type question struct {
	setting, text string
	// upstream is the only one that the setting is for; empty for any.
	upstream settings.Upstream
}

func questions() []question {
	return []question{
		{"upstream", "Who answers chats: embedded (no account) or aws?", ""},
		{"instance-id", "Which instance, by its ARN or id?", settings.AWS},
		{"contact-flow-id", "Which contact flow, by its ARN or id?", settings.AWS},
		{"region", "In which Region? Nothing for that of the ARN, the AWS environment or the profile.", settings.AWS},
		{"flows", "In which folder are contact flows? Nothing for the folder flows, where there is one.", settings.Embedded},
		{"allow-origin", "Which origins may call beside pages on this machine, such as https://shop.example?", ""},
	}
}

// newInit is the command that writes a first parley.yaml.
func newInit(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "init [--yes] [flags]", Short: "Write a parley.yaml to begin with",
		Long: "Writes a parley.yaml with comments into the working directory. On a terminal it asks what no flag says;\n" +
			"elsewhere, and with --yes, the defaults are taken. A file that is there stays as it is.",
		Args: noArguments, DisableFlagsInUseLine: true,
		Example: "  parley init\n  parley init --yes --upstream aws --instance-id ID --region eu-central-1",
	}
	yes := c.Flags().BoolP("yes", "y", false, "ask nothing")
	var asked []settings.Field
	for _, f := range settings.Fields() {
		if slices.ContainsFunc(questions(), func(q question) bool { return q.setting == f.Name }) {
			asked = append(asked, f)
		}
	}
	settings.Register(c.Flags(), asked)
	for _, f := range asked {
		placeholders(c, map[string]string{f.Name: f.Placeholder})
		completeValue(c, f.Name, f.Placeholder)
	}
	c.RunE = func(c *cobra.Command, _ []string) error {
		for _, name := range settings.FileNames() {
			if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
				return hint.Usage(name+" is there already, and stays as it is", "edit it, or move it away; `parley config print` shows what it comes to")
			}
		}
		s, err := settings.Load(settings.Sources{Flags: c.Flags()})
		if err = settings.Join(err, serve.Check(s)); err != nil {
			return err
		}
		values := map[string]string{"upstream": string(s.Upstream)}
		for _, v := range s.Values() {
			if v.Origin.Source == settings.FromFlag {
				values[v.Field.Name] = v.Text
			}
		}
		if !*yes && env.StdinTerminal && env.StdoutTerminal {
			if err := ask(c.Context(), env, values, func(name string) bool { return c.Flags().Changed(name) }); err != nil {
				return err
			}
		}
		text, err := drafted(values)
		if err != nil {
			return err
		}
		if err := writeNew(settings.DefaultFile, string(text)); err != nil {
			return err
		}
		return writeNext(env, values)
	}
	return c
}

// ask asks for what is not given, until each answer can be read.
func ask(ctx context.Context, env *Env, values map[string]string, given func(setting string) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lines := readLines(ctx, env)
	for _, q := range questions() {
		if given(q.setting) || q.upstream != "" && string(q.upstream) != values["upstream"] {
			continue
		}
		usual := values[q.setting]
		for {
			env.printInOrder(ctx, q.text+" ["+usual+"] ")
			var said typed
			var more bool
			select {
			case said, more = <-lines:
			case <-ctx.Done():
			}
			if !more {
				return hint.New(errors.New("the answers ended early, and nothing is written"), "`parley init --yes` takes the defaults")
			}
			if said.err != nil {
				env.report(said.err)
				continue
			}
			line := strings.TrimSpace(said.text)
			if line == "" {
				break
			}
			values[q.setting] = line
			_, err := drafted(values)
			if err == nil {
				break
			}
			values[q.setting] = usual
			if usual == "" {
				delete(values, q.setting)
			}
			faults, ok := errors.AsType[*settings.FaultsError](err)
			if !ok {
				return err
			}
			env.printInOrder(ctx, quoteArg(line)+" "+faults.Faults[0].Message+".\n")
		}
	}
	return nil
}

// drafted returns the file with the values, when a server can read it.
func drafted(values map[string]string) ([]byte, error) {
	text, err := settings.Draft(serve.SchemaLine(serve.SettingsSchema), values)
	if err != nil {
		return nil, err
	}
	s, err := settings.Load(settings.Sources{ReadFile: func(name string) ([]byte, error) {
		if name == settings.DefaultFile {
			return text, nil
		}
		return nil, fs.ErrNotExist
	}})
	return text, settings.Join(err, serve.Check(s))
}

// writeNext says what to do with the file.
func writeNext(env *Env, values map[string]string) error {
	next := ""
	switch values["upstream"] {
	case string(settings.AWS):
		next = "  # check credentials, instance and flow\n  parley doctor\n\n"
	case string(settings.Embedded):
		next = "  # sample contact flows, for when you have none\n  parley flow init"
		if folder := values["flows"]; folder != "" {
			if strings.ContainsAny(folder, " \t") {
				folder = strconv.Quote(folder)
			}
			next += " " + folder
		}
		next += "\n\n"
	}
	_, err := fmt.Fprintf(env.Stdout, "%s is written. Next:\n\n%s  # the server, and a chat in another terminal\n  parley\n  parley chat\n\n"+
		"Editors complete its keys while the server runs. `parley config print` shows every setting.\n", settings.DefaultFile, next)
	return err
}
