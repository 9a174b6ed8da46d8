package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/screen"
)

func agentStates() []string { return []string{"available", "away", "offline"} }

func newAgent(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "agent", Short: "See and change who answers chats on a running server", Args: noArguments,
		Long: "Agents answer the chats of the embedded Amazon Connect: people, who do so in the console or with\n" +
			"`parley chat --as agent`, and scripted ones, who do so by themselves.",
		Example: "  parley agent list\n  parley agent add Ann\n  parley agent add --script echo --count 5",
	}
	c.Annotations = map[string]string{menuAnnotation: ""}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	c.AddCommand(newAgentList(env), newAgentAdd(env), newAgentRemove(env), newAgentState(env))
	return c
}

func newAgentList(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "list [flags]", Short: "List agents, their chats, and the chats that wait",
		Example: "  parley agent list\n  parley agent list -o json",
	}
	return withServer(env, c, arguments{}, func(ctx context.Context, r *remote, _ []string) error {
		desk, answer, err := r.Desk(ctx)
		if err != nil {
			return err
		}
		return r.print(answer, func(w io.Writer) error { return writeDesk(w, desk) })
	})
}

// writeDesk shows agents and queues to a person.
func writeDesk(w io.Writer, d client.Desk) error {
	err := table(w, []string{"AGENT", "STATE", "CHATS", "TAKES", "KIND"}, func(row func(...string)) {
		for _, a := range d.Agents {
			takes, kind := strconv.Itoa(a.Capacity), "person"
			if a.Capacity == 0 {
				takes = "any number"
			}
			if a.Scripted {
				kind = "scripted"
			}
			state := a.State
			if a.Status != "" && !strings.EqualFold(a.Status, state) {
				state += " (" + a.Status + ")"
			}
			row(screen.Cell(a.Name), screen.Cell(state), strconv.Itoa(len(a.Contacts)), takes, kind)
		}
	})
	if err != nil {
		return err
	}
	waiting := 0
	for _, queue := range d.Queues {
		for _, c := range queue.Waiting {
			if waiting == 0 {
				_, _ = fmt.Fprintln(w, "\nWaiting:")
			}
			waiting++
			_, _ = fmt.Fprintf(w, "  %s  %s in %s since %s\n", screen.Cell(c.ContactID), screen.Cell(c.Customer), screen.Cell(queue.Name), clockTime(c.Since))
		}
	}
	if waiting == 0 {
		_, err = fmt.Fprintln(w, "\nNo chat waits.")
	}
	return err
}

func newAgentAdd(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "add [NAME] [flags]", Short: "Add an agent, or several scripted ones",
		Long: "Adds an agent of a name, for people to speak for, or scripted ones: --script echo repeats what it is\n" +
			"told, a file says in YAML what to answer.",
		Example: "  parley agent add Ann\n  parley agent add --script echo\n  parley agent add --script answers.yaml --count 20",
	}
	var script string
	var add client.NewAgents
	c.Flags().StringVar(&script, "script", "", "who answers by itself: echo, or a file with a script")
	c.Flags().IntVar(&add.Count, "count", 0, "how many scripted agents")
	c.Flags().IntVar(&add.Capacity, "capacity", 0, "how many chats each takes at once")
	c.Flags().StringVar(&add.State, "state", "", "available, away or offline")
	placeholders(c, map[string]string{"script": "echo|FILE", "count": "N", "capacity": "N", "state": strings.Join(agentStates(), "|")})
	return withServer(env, c, arguments{most: 1, name: "one NAME at most"}, func(ctx context.Context, r *remote, args []string) error {
		switch {
		case len(args) == 1:
			add.Name = args[0]
		case script == "":
			return hint.Usage("an agent needs a name or a script", "write `parley agent add NAME`, or `parley agent add --script echo`")
		}
		if script != "" {
			text, err := scriptText(env, script)
			if err != nil {
				return err
			}
			add.Script = text
		}
		return addAgents(ctx, r, add)
	})
}

// scriptText returns what the API wants for a script: a word of its own or the script.
func scriptText(env *Env, script string) (string, error) {
	if script == "echo" {
		return script, nil
	}
	text, err := env.ReadFile(script)
	if err != nil {
		return "", hint.Usage("--script: "+err.Error(), "name a file with a script, or write --script echo")
	}
	if strings.TrimSpace(string(text)) == "" {
		return "", hint.Usage("--script: "+quoteArg(script)+" is empty", "")
	}
	return string(text), nil
}

func addAgents(ctx context.Context, r *remote, add client.NewAgents) error {
	agents, answer, err := r.AddAgents(ctx, add)
	if err != nil {
		return err
	}
	return r.print(answer, func(w io.Writer) error {
		for _, a := range agents {
			if _, err := fmt.Fprintf(w, "%s is %s.\n", screen.Cell(a.Name), screen.Cell(a.State)); err != nil {
				return err
			}
		}
		return nil
	})
}

func newAgentRemove(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "rm NAME... [flags]", Short: "Remove agents; their chats wait again",
		Example: "  parley agent rm Ann",
	}
	want := arguments{least: 1, most: many, name: "the NAME of an agent", complete: completeAgents}
	return withServer(env, c, want, func(ctx context.Context, r *remote, args []string) error {
		for _, name := range args {
			agent, err := r.agent(ctx, name)
			if err != nil {
				return err
			}
			answer, err := r.RemoveAgent(ctx, agent.ID)
			if err != nil {
				return err
			}
			if err := r.say(answer, "%s is gone.", screen.Cell(agent.Name)); err != nil {
				return err
			}
		}
		return nil
	})
}

func newAgentState(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "state NAME STATE [flags]", Short: "Make an agent available, away or offline",
		Long:    "Makes an agent available, away or offline. Who is not available takes no new chats and keeps those it has.",
		Example: "  parley agent state Ann away",
	}
	want := arguments{least: 2, most: 2, name: "the NAME of an agent and a STATE: " + strings.Join(agentStates(), ", ")}
	want.complete = func(ctx context.Context, r *remote, before []string) []cobra.Completion {
		if len(before) == 1 {
			return agentStates()
		}
		return completeAgents(ctx, r, before)
	}
	return withServer(env, c, want, func(ctx context.Context, r *remote, args []string) error {
		agent, err := r.agent(ctx, args[0])
		if err != nil {
			return err
		}
		answer, err := r.SetAgentState(ctx, agent.ID, args[1])
		if err != nil {
			return err
		}
		return r.say(answer, "%s is %s.", screen.Cell(agent.Name), screen.Cell(args[1]))
	})
}

// agent finds an agent by its name, its id or the beginning of that.
func (r *remote) agent(ctx context.Context, name string) (client.Agent, error) {
	desk, _, err := r.Desk(ctx)
	if err != nil {
		return client.Agent{}, err
	}
	var names []string
	var begin []client.Agent
	for _, a := range desk.Agents {
		if a.Name == name || a.ID == name {
			return a, nil
		}
		if name != "" && strings.HasPrefix(a.ID, name) {
			begin = append(begin, a)
		}
		names = append(names, screen.Cell(a.Name))
	}
	if len(begin) == 1 {
		return begin[0], nil
	}
	next := "add one with `parley agent add NAME`"
	switch near := hint.Nearest(name, names); {
	case near != "":
		next = "did you mean " + near + "?"
	case len(names) > 0:
		next = "there are " + strings.Join(names[:min(len(names), 10)], ", ")
	}
	return client.Agent{}, hint.New(fmt.Errorf("there is no agent %s", quoteArg(name)), next)
}

func completeAgents(ctx context.Context, r *remote, _ []string) []cobra.Completion {
	desk, _, err := r.Desk(ctx)
	if err != nil {
		return nil
	}
	var list []cobra.Completion
	for _, a := range desk.Agents {
		list = append(list, cobra.CompletionWithDesc(screen.Text(a.Name, ""), screen.Cell(a.State)))
	}
	return list
}
