package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/serve"
	"github.com/parley-chat/parley/internal/settings"
)

func newFlow(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "flow", Short: "Write, run, check, test, compare, draw and trace contact flows", Args: noArguments,
		Long: "Contact flows are files as Amazon Connect exports them. `parley serve` runs those of the folder flows;\n" +
			"these commands write, run and check files by themselves, or show what flows did on a running server.",
		Example: "  parley flow init\n  parley flow check flows\n  parley flow run flows/main.json --say hello --say 2\n  parley flow test flows\n  parley flow trace ID",
	}
	c.Annotations = map[string]string{menuAnnotation: ""}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	c.AddCommand(newFlowInit(env), newFlowRun(env), newFlowCheck(env), newFlowTest(env), newFlowDiff(env), newFlowDraw(env), newFlowTrace(env), newFlowRecord(env), newFlowExport(env))
	return c
}

// filesOnly asks for at least one file.
func filesOnly(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return hint.Usage("name the file of a contact flow, or a folder with several", "exports of the flow designer are such files")
	}
	return nil
}

// readFlows reads the flows of a file, or of all files of a folder.
func readFlows(name string) ([]*flow.Program, []flow.Finding, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, nil, hint.Usage(fmt.Sprintf("there is no %s", name), "name the file of a contact flow, or a folder with several")
	}
	library := flowrun.NewLibrary(nil)
	if info.IsDir() {
		findings, _, err := flowrun.NewFolder(os.DirFS(name), library).Load()
		for i := range findings {
			rename(&findings[i], filepath.Join(name, findings[i].File))
		}
		if err == nil && len(library.Files())+len(findings) == 0 {
			err = hint.Usage("there is no contact flow in "+name, "exports of the flow designer end in .json; templates in .json or .template")
		}
		return library.Files(), findings, err
	}
	programs, findings, err := flowrun.ReadFile(os.DirFS(filepath.Dir(name)), filepath.Base(name))
	if err != nil && len(findings) == 0 {
		return nil, nil, hint.Usage(fmt.Sprintf("%s: %v", name, err), "name the file of a contact flow")
	}
	for i := range findings {
		rename(&findings[i], name)
	}
	return programs, findings, nil
}

// rename gives a finding the name of its file as the user wrote it. A flow without a name has that
// of its file.
func rename(f *flow.Finding, name string) {
	if f.Flow == f.File {
		f.Flow = ""
	}
	f.File = filepath.ToSlash(name)
}

// newFlowRun is the command that runs one chat through a flow.
func newFlowRun(env *Env) *cobra.Command {
	var script flowtest.Script
	var attributes []string
	c := &cobra.Command{
		Use: "run FILE [flags]", Short: "Run a chat through a contact flow, in no time",
		Long: "Runs one chat through the flow of a file, without a server and without waiting: what is said by --say,\n" +
			"one text whenever the flow waits for the customer, or by chance with --random. On a view a text is what\n" +
			"the customer chooses: an item, an action, or the JSON of an answer. Texts in parentheses are stage\n" +
			"directions: (agent) takes the chat from its queue and leaves it again; (wait) lets time pass; (signed in),\n" +
			"(opted out) or (not signed in) is how a sign-in goes. The other flows of the file's folder are there, and\n" +
			"the names of parley.yaml. A flow for another moment runs then, by its type: while the chat waits, when an\n" +
			"agent takes it (whispers), or when one passes it on (transfers).\n" +
			"The exit code is 1 when the flow still waits at the end, or cannot run.",
		DisableFlagsInUseLine: true,
		Example:               "  parley flow run flows/main.json --say hello --say 2\n  parley flow run flows/main.json --random 1 -o json",
		Args:                  filesOnly,
	}
	flags := c.Flags()
	flags.StringArrayVar(&script.Says, "say", nil, "what the customer says next (may be repeated)")
	flags.StringArrayVar(&attributes, "attribute", nil, "a contact attribute (may be repeated)")
	flags.StringVar(&script.Name, "name", "Customer", "the customer's name")
	flags.Uint64Var(&script.Seed, "random", 0, "let chance speak; the same number says the same")
	placeholders(c, map[string]string{"say": "TEXT", "attribute": "KEY=VALUE", "name": "NAME", "random": "SEED"})
	output := outputFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := checkOutput(*output); err != nil {
			return err
		}
		if len(args) > 1 {
			return strayArgument(c, args[1])
		}
		var err error
		if script.Attributes, err = readAttributes(attributes); err != nil {
			return err
		}
		script.Random = flags.Changed("random")
		return runFlow(c, env, args[0], script, *output)
	}
	return c
}

// runFlow runs the flow of a file.
func runFlow(c *cobra.Command, env *Env, name string, script flowtest.Script, output string) (err error) {
	file, logical, _ := strings.Cut(name, "#")
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return hint.Usage(file+" is a folder, and one flow is run", "name its file; the other flows of the folder are there as well")
	}
	programs, findings, err := readFlows(file)
	if err != nil {
		return err
	}
	for _, f := range findings {
		_, _ = fmt.Fprintf(env.Stderr, "parley: %s: %s\n", f.Level, screen.Text(f.String(), "  "))
	}
	p, err := chosen(file, logical, programs)
	if err != nil {
		return err
	}
	s, err := flowSettings(env)
	if err != nil {
		return err
	}
	library := flowrun.NewLibrary(settings.Map(s.Names))
	library.Quick(settings.Map(s.Transfers))
	if _, _, err := flowrun.NewFolder(os.DirFS(filepath.Dir(file)), library).Load(); err != nil {
		return err
	}
	at, err := flowtest.At(library, p, flowtest.MomentOf(p))
	if err != nil {
		return hint.New(err, "run the flow that leads to it")
	}
	if _, script.Hours, err = s.Routing(); err != nil {
		return err
	}
	outside, err := serve.OpenOutside(s, env.Build.userAgent(), newLogger(env, s))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, outside.Close()) }()
	script.Flow, script.Moment, script.Outside = at.Flow, at.Moment, outside
	result, err := flowtest.Run(c.Context(), library, script)
	if err != nil {
		return err
	}
	if output == "json" {
		err = writeJSON(env.Stdout, result)
	} else {
		err = writeRun(env.Stdout, &result)
	}
	if err == nil && result.Outcome != flowtest.Ended && result.Outcome != flowtest.Queued {
		return errReported
	}
	return err
}

// flowSettings is the configuration: the names by which flows find each other and their queues, and
// where their functions are.
func flowSettings(env *Env) (*settings.Settings, error) {
	none := pflag.NewFlagSet("", pflag.ContinueOnError)
	settings.Register(none, settings.Fields())
	return settings.Load(settings.Sources{Flags: none, Environ: env.Environ, ReadFile: env.ReadFile, GOOS: env.GOOS})
}

// chosen is the flow of a file that is to run: the only one, the one that was named, or the one
// that no other leads to.
func chosen(file, logical string, programs []*flow.Program) (*flow.Program, error) {
	var names []string
	for _, p := range programs {
		if p.Source().Logical == logical && logical != "" || len(programs) == 1 && logical == "" {
			return p, nil
		}
		if name := p.Source().Logical; name != "" {
			names = append(names, file+"#"+name)
		}
	}
	switch {
	case len(programs) == 0:
		return nil, hint.New(fmt.Errorf("%s: no flow of this file can run", file), "`parley flow check` says why")
	case logical != "" && len(names) == 0:
		return nil, hint.Usage(fmt.Sprintf("%s has no flow %q", file, logical), "leave out what stands behind the #: flows have names of their own in templates only")
	case logical != "":
		return nil, hint.Usage(fmt.Sprintf("%s has no flow %q", file, logical), "name one that there is: "+strings.Join(names, ", "))
	}
	library := flowrun.NewLibrary(nil)
	library.Set(programs)
	if p, ok := library.Entry(); ok {
		return p, nil
	}
	return nil, hint.Usage(fmt.Sprintf("%s has several flows", file), "name one: "+strings.Join(names, ", "))
}

// writeRun shows a run to a person: what was said, and the way through the flow.
func writeRun(w io.Writer, r *flowtest.Result) error {
	text := runText(r) + endText(r)
	if r.Outcome == flowtest.Stuck {
		text = strings.TrimSuffix(text, ".\n") + ": say more with --say.\n"
	}
	_, err := io.WriteString(w, text)
	return err
}

// endText says in a line how a run has ended.
func endText(r *flowtest.Result) string {
	switch r.Outcome {
	case flowtest.Ended:
		return "The chat has ended.\n"
	case flowtest.Queued:
		return fmt.Sprintf("The contact waits for an agent in the queue %s.\n", screen.Cell(r.Queue))
	case flowtest.Stuck:
		return fmt.Sprintf("The flow still waits, at %s.\n", screen.Cell(r.Stands))
	case flowtest.Unrun:
		return "No flow ran for this chat.\n"
	}
	return ""
}

// runText is a run for a person: what was said, the way through the flows, and what there is to say
// about it.
func runText(r *flowtest.Result) string {
	var b strings.Builder
	var begin time.Time
	for _, l := range r.Transcript {
		if begin.IsZero() {
			begin = l.Time
		}
		text := l.String()
		from := ""
		if l.From != "" {
			from = screen.Cell(l.From) + ": "
		}
		fmt.Fprintf(&b, "%9s  %s%s\n", l.Time.Sub(begin).Round(time.Second), from, screen.Text(text, "           "))
	}
	b.WriteString("\nThe way:\n")
	for _, p := range r.Way {
		fmt.Fprintf(&b, "  %s\n", passed(&p.Trace))
	}
	b.WriteByte('\n')
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "%s\n", screen.Text(note, "  "))
	}
	return b.String()
}
