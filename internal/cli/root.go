package cli

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/serve"
	"github.com/parley-chat/parley/internal/settings"
)

// newRoot builds the tree of commands.
func newRoot(env *Env) *cobra.Command {
	root := newServe(env)
	root.Use = "parley [flags]"
	root.Short = "Amazon Connect chat on your own machine"
	root.Long = "Parley lets a chat widget on your machine start Amazon Connect chats: on its embedded Amazon\n" +
		"Connect, with no account, or on your own instance with --upstream aws.\n" +
		"Without a command it serves, as `parley serve` does."
	root.Example = `  parley
  parley --upstream aws --profile dev --instance-id ID --contact-flow-id ID
  parley start --message "Where is my order?"`
	root.Version = env.Build.String()
	root.SetVersionTemplate("parley {{.Version}}\n")
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetHelpFunc(func(c *cobra.Command, _ []string) { writeHelp(env.Stdout, c) })
	root.SetUsageFunc(func(c *cobra.Command) error { writeHelp(env.Stderr, c); return nil })
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(newServe(env), newInit(env), newStart(env), newReady(env), newStatus(env), newStop(env), newToken(env), newDoctor(env), newConfig(env), newVersion(env),
		newContacts(env), newTranscript(env), newTail(env), newChat(env), newAgent(env), newFault(env), newClock(env), newFlow(env), newBot(env))
	root.Annotations[settingsAnnotation] = "some"
	addSettings(root, env.Args)
	root.SetHelpCommand(newHelp())
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" { // the library's own command
			c.Short = "Print a script that lets a shell complete parley's commands and flags"
			c.Args = noArguments
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
			c.Annotations = map[string]string{menuAnnotation: ""}
			for _, shell := range c.Commands() {
				shell.Args = noArguments
			}
		}
	}
	return root
}

// newHelp is the library's help command, except that it refuses a command there is not.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "Print the help text of a command",
		DisableFlagsInUseLine: true,
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var names []cobra.Completion
			if of, _, err := c.Root().Find(args); err == nil {
				for _, sub := range of.Commands() {
					if sub.IsAvailableCommand() {
						names = append(names, cobra.CompletionWithDesc(sub.Name(), sub.Short))
					}
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			of, rest, err := c.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return strayArgument(of, rest[0])
			}
			return of.Help()
		},
	}
}

// settingsAnnotation marks commands that the settings apply to. The value says how
// the help text shows them: "all" or "some".
const settingsAnnotation = "parley_settings"

// withSettings marks a command as one that the settings apply to; [addSettings] gives it
// their flags. Unknown flags and stray arguments are left for [loadSettings], which reports
// them with all other faults.
func withSettings(c *cobra.Command, show string) {
	c.Args = cobra.ArbitraryArgs
	c.FParseErrWhitelist.UnknownFlagsHandling = pflag.PassUnknownFlagToArgs
	c.Annotations = map[string]string{settingsAnnotation: show}
}

// addSettings gives the marked commands of a tree the flags of all settings. When the first
// argument is the name of a subcommand, only that one or one below it can run, and the others
// go without: some eighty flags for each of thirty commands took longer than the rest of the
// start. Help and completion, which describe any command, are added to the tree later: all
// commands have their flags then.
func addSettings(root *cobra.Command, args []string) {
	fields := settings.Fields()
	if len(args) > 0 {
		for _, c := range root.Commands() {
			if c.Name() == args[0] {
				addSettingsBelow(c, fields)
				return
			}
		}
	}
	addSettingsBelow(root, fields)
}

// addSettingsBelow gives a command and those below it their flags.
func addSettingsBelow(c *cobra.Command, fields []settings.Field) {
	if c.Annotations[settingsAnnotation] != "" {
		addSettingsTo(c, fields)
	}
	for _, sub := range c.Commands() {
		addSettingsBelow(sub, fields)
	}
}

func addSettingsTo(c *cobra.Command, fields []settings.Field) {
	settings.Register(c.Flags(), fields)
	for _, f := range fields {
		completeValue(c, f.Name, f.Placeholder)
	}
}

// loadSettings reads the settings for a command. Like [settings.Load] it returns
// them beside an error, for commands that only show them.
func loadSettings(env *Env, c *cobra.Command, args []string) (*settings.Settings, error) {
	faults, err := strayArguments(c, args)
	if err != nil {
		return nil, err
	}
	s, err := settings.Load(settings.Sources{
		Flags: c.Flags(), Environ: env.Environ, ReadFile: env.ReadFile, GOOS: env.GOOS, Faults: faults,
	})
	return s, settings.Join(err, serve.Check(s))
}

// strayArguments turns arguments that no flag took into faults: unknown flags are
// reported with the faults of the settings, anything else at once, because then the
// whole line is not what it seems.
func strayArguments(c *cobra.Command, args []string) ([]settings.Fault, error) {
	var faults []settings.Fault
	afterUnknown := false
	for i, arg := range args {
		if strings.HasPrefix(arg, "-") && arg != "-" {
			name, value, hasValue := strings.Cut(arg, "=")
			if !hasValue && i+1 < len(args) {
				value = args[i+1]
			}
			message := "there is no such flag"
			if instead := forPort(c, name, value); instead != "" {
				message += "; write " + instead
			} else if near := hint.Nearest(strings.TrimLeft(name, "-"), flagNames(c)); near != "" {
				message += "; did you mean --" + near + "?"
			}
			faults = append(faults, settings.Fault{
				Origin: settings.Origin{Source: settings.FromFlag, Name: name}, Message: message,
			})
			afterUnknown = !hasValue
			continue
		}
		if afterUnknown { // most likely the unknown flag's value
			afterUnknown = false
			continue
		}
		return nil, strayArgument(c, arg)
	}
	return faults, nil
}

// forPort is what to write in the place of a flag for a port, which many programs have; empty for
// another flag.
func forPort(c *cobra.Command, name, port string) string {
	if !slices.Contains([]string{"--port", "-p", "-port"}, name) {
		return ""
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		port = "PORT"
	}
	if c.Flags().Lookup("server") != nil {
		return "--server http://localhost:" + port
	}
	return "--addr 127.0.0.1:" + port
}

func strayArgument(c *cobra.Command, arg string) error {
	if arg == "true" || arg == "false" {
		return hint.Usage("unexpected argument "+arg, "flags that mean yes or no take their value after =, as in --end-on-exit="+arg)
	}
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	if len(names) == 0 {
		return hint.Usage("unexpected argument "+quoteArg(arg), "`"+c.CommandPath()+"` takes flags only; see `"+c.CommandPath()+" --help`")
	}
	next := "the commands are " + strings.Join(names, ", ")
	if near := hint.Nearest(arg, names); near != "" {
		next = "did you mean `" + c.CommandPath() + " " + near + "`?"
	}
	return hint.Usage("there is no command "+quoteArg(arg), next)
}

// flagNames lists the flags that a command's help shows.
func flagNames(c *cobra.Command) []string {
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return names
}

// flagError rewords what the flag parser refuses itself.
func flagError(c *cobra.Command, err error) error {
	next := "see `" + c.CommandPath() + " --help`"
	if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		if f := missing.GetFlag(); f != nil {
			value := f.Value.Type()
			if placeholder := f.Annotations[placeholderAnnotation]; len(placeholder) > 0 {
				value = placeholder[0]
			}
			return hint.Usage("--"+f.Name+" needs a value: --"+f.Name+" "+value, next)
		}
	}
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		if near := hint.Nearest(unknown.GetSpecifiedName(), flagNames(c)); near != "" {
			next = "did you mean --" + near + "?"
		}
	}
	return hint.Usage(err.Error(), next)
}

// outputFlag gives a command -o, --output, with the forms that its result has beside text and json.
func outputFlag(c *cobra.Command, more ...string) *string {
	return formFlag(c, "result", append([]string{"text", "json"}, more...)...)
}

// checkOutput checks the value of such a flag.
func checkOutput(output string, more ...string) error {
	return checkForm(output, append([]string{"text", "json"}, more...)...)
}

// formFlag gives a command -o, --output, with the forms of what it prints, the usual one first.
func formFlag(c *cobra.Command, what string, forms ...string) *string {
	last := len(forms) - 1
	output := c.Flags().StringP("output", "o", forms[0], "form of the "+what+": "+strings.Join(forms[:last], ", ")+" or "+forms[last])
	placeholders(c, map[string]string{"output": strings.Join(forms, "|")})
	return output
}

func checkForm(output string, forms ...string) error {
	if !slices.Contains(forms, output) {
		return hint.Usage("--output: "+quoteArg(output)+" is not one of "+strings.Join(forms, ", "), "")
	}
	return nil
}
