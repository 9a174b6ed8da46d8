package cli

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/lex"
	"github.com/parley-chat/parley/internal/lexbot"
	"github.com/parley-chat/parley/internal/lexfile"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/serve"
	"github.com/parley-chat/parley/internal/settings"
)

func newBot(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "bot", Short: "Check and try Lex V2 bots, without a server", Args: noArguments,
		Long: "Bots are files: the zip or folder that Lex V2 exports, answers of the AWS CLI's describe commands, a\n" +
			"CloudFormation template, or a short YAML. `parley serve` runs those that bots in parley.yaml names, for\n" +
			"contact flows; these commands check and try them by themselves.",
		Example: "  parley bot check FlowerShop.zip\n  parley bot run FlowerShop.zip --say \"I want roses\" --say tomorrow",
	}
	c.Annotations = map[string]string{menuAnnotation: ""}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	c.AddCommand(newBotCheck(env), newBotRun(env))
	return c
}

// oneBot asks for the file of one bot.
func oneBot(c *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return hint.Usage("name the file or folder of a bot", "the zip that Lex V2 exports is such a file")
	case len(args) > 1:
		return strayArgument(c, args[1])
	}
	return nil
}

// newBotCheck is the command that says what of a bot will not run.
func newBotCheck(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "check PATH|NAME [-o json]", Short: "Say what of a Lex V2 bot will not run here, or is unsure",
		Long: "Reads a bot and says what will not run, where, and what to do. The exit code is 1 when the bot cannot\n" +
			"run. Of a template with several bots one is named as in template.yaml#Logical. An entry of bots in\n" +
			"parley.yaml is checked with what it says of function and answers.",
		DisableFlagsInUseLine: true,
		Example:               "  parley bot check FlowerShop.zip\n  parley bot check bots/flowers -o json",
		Args:                  oneBot,
	}
	output := outputFlag(c)
	c.RunE = func(_ *cobra.Command, args []string) error {
		if err := checkOutput(*output); err != nil {
			return err
		}
		s, err := flowSettings(env)
		if err != nil {
			return err
		}
		path, how, err := configured(s, args[0], lexbot.Bot{})
		if err != nil {
			return err
		}
		bot, findings, err := lexfile.Open(path)
		if err != nil {
			return err
		}
		findings = slices.DeleteFunc(append(findings, wanted(bot)...), how.Settles)
		if err := writeBotFindings(env.Stdout, *output, bot, findings); err != nil {
			return err
		}
		if broken(findings) {
			return errReported
		}
		return nil
	}
	return c
}

// wanted are the functions that a bot calls and whose name its files do not tell.
func wanted(bot *lex.Bot) (findings []lex.Finding) {
	for _, l := range bot.Locales {
		named := slices.ContainsFunc(bot.Aliases, func(a lex.Alias) bool { return a.Functions[l.ID] != "" })
		var intents []string
		for _, i := range l.Intents {
			if i.Calls() {
				intents = append(intents, i.Name)
			}
		}
		if !named && len(intents) > 0 {
			findings = append(findings, lex.Finding{
				Level: lex.Doubtful, Rule: "function", File: l.File,
				Text:   fmt.Sprintf("intents of %s call a function: %s; without one their hooks are as if they had succeeded", l.ID, strings.Join(intents, ", ")),
				Remedy: "exports do not name it: say which with function of the bot's entry, or --function",
			})
		}
	}
	return findings
}

func broken(findings []lex.Finding) bool {
	return slices.ContainsFunc(findings, func(f lex.Finding) bool { return f.Level == lex.Broken })
}

// writeBotFindings prints what there is to say about a bot.
func writeBotFindings(w io.Writer, output string, bot *lex.Bot, findings []lex.Finding) error {
	locales, intents := bot.LocaleIDs(), 0
	for _, l := range bot.Locales {
		intents += len(l.Intents)
	}
	if output == "json" {
		return writeJSON(w, map[string]any{"bot": bot.Name, "id": bot.ID, "locales": locales, "intents": intents, "findings": slices.Concat([]lex.Finding{}, findings)})
	}
	for _, f := range findings {
		if _, err := fmt.Fprintf(w, "%s: %s [%s]\n", f.Level, screen.Text(f.String(), "  "), f.Rule); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "%s: %s, %s, %s\n", screen.Text(bot.Name, ""), strings.Join(locales, " "), counted(intents, "intent"), counted(len(findings), "finding"))
	return err
}

// newBotRun is the command that holds a conversation with a bot.
func newBotRun(env *Env) *cobra.Command {
	var says, attributes []string
	var how lexbot.Bot
	var strict bool
	c := &cobra.Command{
		Use: "run PATH|NAME --say TEXT... [flags]", Short: "Hold a conversation with a Lex V2 bot",
		Long: "Says the texts of --say to a bot, one after the other, and prints what it answers: messages, intent,\n" +
			"slots, the score with the rule and the runner-up, and what is unsure. Code hooks are called where\n" +
			"functions in parley.yaml says; a NAME is an entry of bots there, with its pinned texts and answers.\n" +
			"The exit code is 1 when the bot fails.",
		DisableFlagsInUseLine: true,
		Example:               "  parley bot run FlowerShop.zip --say \"I want roses\" --say tomorrow\n  parley bot run flowers --locale de-DE --say hallo -o json",
		Args:                  oneBot,
	}
	flags := c.Flags()
	flags.StringArrayVar(&says, "say", nil, "what the customer says next (may be repeated)")
	flags.StringArrayVar(&attributes, "attribute", nil, "a session attribute (may be repeated)")
	flags.StringVar(&how.Locale, "locale", "", "the language, such as en_US; without it the bot's first")
	flags.StringVar(&how.Function, "function", "", "the function of code hooks, an entry of functions")
	flags.BoolVar(&strict, "strict", false, "understand only what the bot lists: no guesses")
	placeholders(c, map[string]string{"say": "TEXT", "attribute": "KEY=VALUE", "locale": "LOCALE", "function": "FUNCTION"})
	output := outputFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := checkOutput(*output); err != nil {
			return err
		}
		if len(says) == 0 {
			return hint.Usage("nothing is said", "say something with --say TEXT")
		}
		set, err := readAttributes(attributes)
		if err != nil {
			return err
		}
		if strict {
			how.Strict = "true"
		}
		return runBot(c, env, args[0], how, botScript{says, set, *output})
	}
	return c
}

// botScript is what is said to a bot, and how the answers are printed.
type botScript struct {
	says       []string
	attributes map[string]string
	output     string
}

// runBot says texts to a bot.
func runBot(c *cobra.Command, env *Env, name string, how lexbot.Bot, script botScript) (err error) {
	s, err := flowSettings(env)
	if err != nil {
		return err
	}
	path, how, err := configured(s, name, how)
	if err != nil {
		return err
	}
	bot, findings, err := lexfile.Open(path)
	if err != nil {
		return err
	}
	for _, f := range findings {
		if f.Level == lex.Broken {
			_, _ = fmt.Fprintf(env.Stderr, "parley: %s: %s\n", f.Level, screen.Text(f.String(), "  "))
		}
	}
	if broken(findings) {
		return errReported
	}
	outside, err := serve.OpenOutside(s, env.Build.userAgent(), newLogger(env, s))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, outside.Close()) }()
	talk := lexbot.NewTalk(bot, how, outside.Functions(), script.attributes)
	turns := []lexbot.Said{}
	var failure error
	for _, text := range script.says {
		said, err := talk.Say(c.Context(), text, time.Now())
		if err != nil {
			failure = hint.New(fmt.Errorf("%q: %w", screen.Text(text, ""), err), "in a contact flow this is the error branch")
			break
		}
		turns = append(turns, said)
	}
	if script.output == "json" {
		err = writeJSON(env.Stdout, map[string]any{"bot": bot.Name, "turns": turns})
	} else {
		err = writeTurns(env.Stdout, turns)
	}
	return errors.Join(err, failure)
}

// configured is the path of a bot, and how it is to be run: an entry of bots that has the name, else
// what the flags say.
func configured(s *settings.Settings, name string, how lexbot.Bot) (string, lexbot.Bot, error) {
	for i := range s.Bots {
		e := &s.Bots[i]
		if e.Key != name {
			continue
		}
		var entry lexbot.Bot
		if err := e.Decode(&entry); err != nil {
			return "", how, hint.New(err, "docs/bots.md shows each member")
		}
		if entry.Path == "" {
			return "", how, hint.Usage(fmt.Sprintf("the bot %s does not run here", name), "name the file of a bot")
		}
		for _, given := range []struct{ flag, member *string }{{&how.Locale, &entry.Locale}, {&how.Function, &entry.Function}, {&how.Strict, &entry.Strict}} {
			if *given.flag != "" {
				*given.member = *given.flag
			}
		}
		return lexbot.Path(entry.Path, filepath.Dir(s.Config)), entry, nil
	}
	if _, err := os.Stat(strings.SplitN(name, "#", 2)[0]); err != nil && len(s.Bots) > 0 {
		return "", how, hint.Usage(fmt.Sprintf("there is no %s", name), "name the file of a bot, or an entry of bots in "+s.Config)
	}
	return name, how, nil
}

// writeTurns prints a conversation for a person.
func writeTurns(w io.Writer, turns []lexbot.Said) error {
	for n := range turns {
		t := &turns[n]
		var out strings.Builder
		fmt.Fprintf(&out, "> %s\n", screen.Text(t.Text, "  "))
		for _, m := range t.Messages {
			switch {
			case m.Card != nil:
				fmt.Fprintf(&out, "  [card] %s\n", screen.Text(m.Card.Title, "  "))
			case m.Type == lex.PlainText:
				fmt.Fprintf(&out, "  %s\n", screen.Text(m.Content, "  "))
			default:
				fmt.Fprintf(&out, "  [%s] %s\n", screen.Text(m.Type, ""), screen.Text(m.Content, "  "))
			}
		}
		fmt.Fprintf(&out, "  (%s)\n", screen.Text(summary(t), "  "))
		for _, note := range t.Notes {
			fmt.Fprintf(&out, "  note: %s\n", screen.Text(note, "  "))
		}
		if _, err := io.WriteString(w, out.String()); err != nil {
			return err //nolint:wrapcheck // the terminal is gone
		}
	}
	return nil
}

// summary is in a line what a text led to.
func summary(t *lexbot.Said) string {
	text := "waits for any intent"
	if t.Intent != "" {
		text = t.Intent + " " + t.State
	}
	if m := t.Match; m != nil {
		text += ", " + m.How()
	}
	for _, name := range slices.Sorted(maps.Keys(t.Slots)) {
		text += fmt.Sprintf(", %s=%s", name, t.Slots[name])
	}
	if !t.Waits {
		text += ", over"
	}
	return text
}
