package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/screen"
)

func newFault(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "fault", Short: "Make things go wrong on purpose on a running server", Args: noArguments,
		Long: "Rules make a running server refuse, delay or lose calls and frames, cut sockets or expire tokens, to\n" +
			"see how a chat client takes it.",
		Example: "  parley fault preset deploy\n  parley fault add delay --delay 2s --action SendMessage\n  parley fault clear",
	}
	c.Annotations = map[string]string{menuAnnotation: ""}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	c.AddCommand(newFaultList(env), newFaultAdd(env), newFaultPreset(env), newFaultRemove(env), newFaultClear(env))
	return c
}

func newFaultList(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "list [flags]", Short: "List the rules that are on",
		Example: "  parley fault list\n  parley fault list -o json",
	}
	return withServer(env, c, arguments{}, func(ctx context.Context, r *remote, _ []string) error {
		faults, answer, err := r.Faults(ctx)
		if err != nil {
			return err
		}
		if len(faults.Rules) == 0 {
			return r.say(answer, "Nothing goes wrong on purpose. See `parley fault preset` for what can.")
		}
		return r.print(answer, func(w io.Writer) error { return writeRules(w, faults.Rules) })
	})
}

func writeRules(w io.Writer, rules []client.FaultRule) error {
	return table(w, []string{"RULE", "NAME", "ACTION", "CONTACT", "CHANCE", "TIMES", "STRUCK"}, func(row func(...string)) {
		for _, rule := range rules {
			times := "no limit"
			if rule.Times > 0 {
				times = strconv.Itoa(rule.Times)
			}
			row(short(rule.ID), screen.Cell(rule.Name), screen.Cell(rule.Action), screen.Cell(rule.ContactID),
				strconv.Itoa(rule.Percent)+" %", times, strconv.Itoa(rule.Hits))
		}
	})
}

// effects are what a rule can do, in the words of the API.
func effects() []string {
	return []string{
		"status", "delay", "drop", "duplicate", "cutSocket", "refuseSocket", "expireTokens", "halfOpen", "rejectAttachment",
		"passBroken", "failTransfer", "stopStream", "throttle",
	}
}

// faultOptions are the flags of `parley fault add`.
type faultOptions struct {
	action, contact, name, err, message string
	percent, times, status              int
	delay, lasts                        time.Duration
	before                              bool
	chunk                               int
}

func newFaultAdd(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "add EFFECT [flags]", Short: "Add a rule",
		Long: "Adds a rule. The effects are " + strings.Join(effects()[:6], ", ") + ",\n" +
			strings.Join(effects()[6:], ", ") + ".",
		Example: `  parley fault add throttle --action SendMessage --percent 20
  parley fault add status --status 500 --error InternalServerException --action StartChatContact --times 3
  parley fault add cutSocket --contact ID
  parley fault add delay --delay 2s --for 1m`,
	}
	var o faultOptions
	flags := c.Flags()
	flags.StringVar(&o.action, "action", "", "what it is about: an action such as SendMessage, WebSocket, or * for all (default: what suits the effect)")
	flags.StringVar(&o.contact, "contact", "", "only this chat")
	flags.IntVar(&o.percent, "percent", 0, "how likely it strikes (default 100)")
	flags.IntVar(&o.times, "times", 0, "how often it strikes before it ends (default no limit)")
	flags.DurationVar(&o.lasts, "for", 0, "how long it lasts (default no limit)")
	flags.IntVar(&o.status, "status", 0, "the HTTP status of status and refuseSocket, or the close code of cutSocket")
	flags.StringVar(&o.err, "error", "", "the name of the exception that goes with a status")
	flags.StringVar(&o.message, "message", "", "the text of the exception")
	flags.DurationVar(&o.delay, "delay", 0, "how long delay takes")
	flags.BoolVar(&o.before, "before", false, "let drop lose the request instead of the answer")
	flags.IntVar(&o.chunk, "chunk", 0, "the last piece that stopStream lets through (default none)")
	flags.StringVar(&o.name, "name", "", "what to call the rule")
	for name, placeholder := range map[string]string{"percent": "N", "times": "N", "status": "N", "chunk": "N"} {
		flags.Lookup(name).DefValue = "" // zero is not what happens
		placeholders(c, map[string]string{name: placeholder})
	}
	placeholders(c, map[string]string{
		"action": "ACTION", "contact": "CONTACT", "for": "TIME", "error": "NAME", "message": "TEXT", "delay": "TIME", "name": "TEXT",
	})
	want := arguments{least: 1, most: 1, name: "one EFFECT: " + strings.Join(effects(), ", ")}
	want.complete = func(context.Context, *remote, []string) []cobra.Completion { return effects() }
	return withServer(env, c, want, func(ctx context.Context, r *remote, args []string) error {
		err := o.check(flags.Changed)
		if err != nil {
			return err
		}
		if o.contact, err = r.contactID(ctx, o.contact); err != nil {
			return err
		}
		rule, answer, err := r.AddFault(ctx, o.rule(args[0]))
		if err != nil {
			return err
		}
		return r.say(answer, "%s  %s", screen.Cell(rule.ID), screen.Text(rule.Name, ""))
	})
}

// check refuses what was given and is nothing: without it a rule strikes always, any number of times, for
// ever, every chat or with the usual status, which is not what whoever wrote it wants.
func (o *faultOptions) check(given func(flag string) bool) error {
	switch {
	case given("percent") && o.percent == 0:
		return hint.Usage("--percent: a rule that strikes in 0 of 100 cases is none", "write a number from 1 to 100")
	case given("times") && o.times == 0:
		return hint.Usage("--times: a rule that strikes 0 times is none", "write how often it strikes, or leave --times out for no limit")
	case given("status") && o.status == 0:
		return hint.Usage("--status: 0 is no status", "write one such as 500, or leave --status out for the usual one")
	case given("for") && o.lasts < time.Millisecond:
		return hint.Usage("--for: "+o.lasts.String()+" is no time that a rule could last", "write it like 90s, 30m or 2h")
	case given("contact") && o.contact == "":
		return hint.Usage("--contact is empty", "name a chat, or leave --contact out for all; `parley contacts` lists them")
	}
	return nil
}

// rule is what the API wants; what is not given is left to it.
func (o *faultOptions) rule(effect string) map[string]any {
	given := func(members map[string]any) map[string]any {
		for name, value := range members {
			if value == "" || value == 0 || value == int64(0) || value == false {
				delete(members, name)
			}
		}
		return members
	}
	rule := given(map[string]any{
		"action": o.action, "contactId": o.contact, "name": o.name, "percent": o.percent, "times": o.times, "forMs": o.lasts.Milliseconds(),
	})
	rule["effect"] = given(map[string]any{
		"type": effect, "status": o.status, "error": o.err, "message": o.message, "delayMs": o.delay.Milliseconds(), "before": o.before, "chunk": o.chunk,
	})
	return rule
}

func newFaultPreset(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "preset [NAME] [flags]", Short: "Add the rules of something that really happens, or list what there is",
		Example: "  parley fault preset\n  parley fault preset phone-locked",
	}
	want := arguments{most: 1, name: "one NAME at most"}
	want.complete = func(ctx context.Context, r *remote, _ []string) []cobra.Completion {
		faults, _, err := r.Faults(ctx)
		if err != nil {
			return nil
		}
		var list []cobra.Completion
		for _, preset := range faults.Presets {
			list = append(list, cobra.CompletionWithDesc(preset.Name, screen.Cell(preset.Title)))
		}
		return list
	}
	return withServer(env, c, want, func(ctx context.Context, r *remote, args []string) error {
		faults, answer, err := r.Faults(ctx)
		if err != nil {
			return err
		}
		if len(args) == 0 {
			return r.print(answer, func(w io.Writer) error { return writePresets(w, faults) })
		}
		if err := checkPreset(faults, args[0]); err != nil {
			return err
		}
		rules, answer, err := r.ApplyPreset(ctx, args[0])
		if err != nil {
			return err
		}
		return r.print(answer, func(w io.Writer) error { return writeRules(w, rules) })
	})
}

func writePresets(w io.Writer, f client.Faults) error {
	for _, preset := range f.Presets {
		if _, err := fmt.Fprintf(w, "%s\n    %s\n", screen.Text(preset.Name, ""), screen.Text(preset.Description, "    ")); err != nil {
			return err
		}
	}
	return nil
}

func checkPreset(f client.Faults, name string) error {
	var names []string
	for _, preset := range f.Presets {
		if preset.Name == name {
			return nil
		}
		names = append(names, screen.Text(preset.Name, ""))
	}
	next := "there are " + strings.Join(names, ", ")
	if near := hint.Nearest(name, names); near != "" {
		next = "did you mean " + near + "?"
	}
	return hint.Usage("there is no preset "+quoteArg(name), next)
}

func newFaultRemove(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "rm RULE... [flags]", Short: "Remove rules",
		Example: "  parley fault rm 3f2a",
	}
	want := arguments{least: 1, most: many, name: "the id of a RULE, or its beginning, as `parley fault list` shows it"}
	want.complete = func(ctx context.Context, r *remote, _ []string) []cobra.Completion {
		faults, _, err := r.Faults(ctx)
		if err != nil {
			return nil
		}
		var list []cobra.Completion
		for _, rule := range faults.Rules {
			list = append(list, cobra.CompletionWithDesc(rule.ID, screen.Cell(rule.Name)))
		}
		return list
	}
	return withServer(env, c, want, func(ctx context.Context, r *remote, args []string) error {
		faults, _, err := r.Faults(ctx)
		if err != nil {
			return err
		}
		for _, arg := range args {
			id, err := findRule(faults, arg)
			if err != nil {
				return err
			}
			answer, err := r.RemoveFault(ctx, id)
			if err != nil {
				return err
			}
			if err := r.say(answer, "%s is gone.", screen.Cell(id)); err != nil {
				return err
			}
		}
		return nil
	})
}

// findRule finds a rule by the beginning of its id.
func findRule(f client.Faults, begin string) (string, error) {
	var found []string
	for _, rule := range f.Rules {
		if begin != "" && strings.HasPrefix(rule.ID, begin) {
			found = append(found, rule.ID)
		}
	}
	switch len(found) {
	case 0:
		return "", hint.New(fmt.Errorf("there is no rule %s", quoteArg(begin)), "`parley fault list` lists the rules")
	case 1:
		return found[0], nil
	}
	return "", hint.New(fmt.Errorf("%d rules begin with %s", len(found), quoteArg(begin)), "write more of the id")
}

func newFaultClear(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "clear [flags]", Short: "Remove all rules",
		Example: "  parley fault clear",
	}
	return withServer(env, c, arguments{}, func(ctx context.Context, r *remote, _ []string) error {
		answer, err := r.ClearFaults(ctx)
		if err != nil {
			return err
		}
		return r.say(answer, "Nothing goes wrong on purpose any more.")
	})
}
