package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/casetest"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowcheck"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/scenario"
	"github.com/parley-chat/parley/internal/scenariotest"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/serve"
	"github.com/parley-chat/parley/internal/settings"
	"github.com/parley-chat/parley/internal/testcase"
)

// testFlags are those of `parley flow test`.
type testFlags struct {
	run, flow, at        string
	asChat, allowPending bool
	update, schema       bool
	watch                bool
	coverage             coverageFlags
	output               string
}

// newFlowTest is the command that runs the tests of contact flows.
func newFlowTest(env *Env) *cobra.Command {
	var o testFlags
	c := &cobra.Command{
		Use: "test [FILE|FOLDER...] [flags]", Short: "Run the tests of contact flows, in no time",
		Long: "Checks the flows as `parley flow check` does, and then runs their tests, all at once, without a server and\n" +
			"without waiting: Amazon Connect's test cases (JSON in the Testing language, alone or as describe-test-case and\n" +
			"create-test-case have it) and scenarios (YAML, NAME.scenario.yaml; --schema prints their JSON Schema), beside\n" +
			"the flows or in a folder tests below them; without a name it is those of the folder of flows. Functions, bots,\n" +
			"queues and hours that no test answers for are those of parley.yaml. What fails shows what was said, the way\n" +
			"that was taken, and what came nearest.\n" +
			"The exit code is 0 when all pass, 1 when one does not, and 2 when there is nothing to run.",
		DisableFlagsInUseLine: true,
		Example:               "  parley flow test\n  parley flow test flows --run gold\n  parley flow test flows -o junit > flows.xml",
	}
	flags := c.Flags()
	flags.StringVar(&o.run, "run", "", "run those tests only whose name or file matches")
	flags.StringVar(&o.flow, "flow", "", "the flow of every test, in the place of its own")
	flags.StringVar(&o.at, "at", "", "when the tests take place; without it on a Monday morning (2026-01-05T10:00:00Z)")
	flags.BoolVar(&o.asChat, "as-chat", false, "run test cases for calls as chats")
	flags.BoolVar(&o.allowPending, "allow-pending", false, "let a test that ends itself pass although something was not seen")
	flags.BoolVar(&o.update, "update", false, "write the snapshots of scenarios anew")
	flags.BoolVar(&o.watch, "watch", false, "run the tests again whenever a file changes, until Ctrl+C")
	flags.BoolVar(&o.schema, "schema", false, "print the JSON Schema of scenarios, and run nothing")
	flags.BoolVar(&o.coverage.table, "coverage", false, "say how much of the flows the tests came through")
	flags.IntVar(&o.coverage.least, "min-coverage", 0, "fail when the tests came through less than this many percent")
	flags.StringVar(&o.coverage.page, "coverage-html", "", "write a page that draws it on the flows")
	placeholders(c, map[string]string{"run": "PATTERN", "flow": "NAME", "at": "TIME", "min-coverage": "PERCENT", "coverage-html": "FILE"})
	output := outputFlag(c, testForms()...)
	c.RunE = func(c *cobra.Command, args []string) error {
		o.output = *output
		if o.schema {
			_, err := env.Stdout.Write(scenario.Schema())
			return err
		}
		if o.watch {
			return watchFlows(c.Context(), env, args, func(ctx context.Context) error { return testFlows(ctx, env, o, args) })
		}
		return testFlows(c.Context(), env, o, args)
	}
	return c
}

// testFlows checks flows and runs their tests.
func testFlows(ctx context.Context, env *Env, o testFlags, names []string) (err error) {
	if err := checkOutput(o.output, testForms()...); err != nil {
		return err
	}
	usualGarbage := allowGarbage(env)
	defer usualGarbage()
	if err := o.coverage.check(); err != nil {
		return err
	}
	s, err := flowSettings(env)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		names = []string{cmp.Or(s.Flows, serve.DefaultFlows)}
	}
	cfg, wanted, err := o.config(s)
	if err != nil {
		return err
	}
	outside, err := serve.OpenOutside(s, env.Build.userAgent(), newLogger(env, s))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, outside.Close()) }()
	cfg.Outside = outside
	var tests []func(context.Context) casetest.Outcome
	var programs []*flow.Program
	broken := false
	for _, name := range names {
		set, err := openTests(name, cmp.Or(s.Flows, serve.DefaultFlows))
		if err != nil {
			return err
		}
		set.cases = slices.DeleteFunc(set.cases, func(f *testcase.File) bool {
			return !wanted.MatchString(f.Title()) && !wanted.MatchString(f.Name)
		})
		faulty, err := set.tell(env.Stderr)
		if err != nil {
			return err
		}
		broken = broken || faulty
		programs = append(programs, set.programs...)
		of := cfg
		of.Library = flowrun.NewLibrary(settings.Map(s.Names))
		of.Library.Set(set.programs)
		tests = append(tests, set.tests(of, wanted, o.update)...)
	}
	if len(tests) == 0 {
		what := "in " + strings.Join(names, ", ")
		if o.run != "" {
			what += " that matches --run " + quoteArg(o.run)
		}
		return hint.Usage("there is no test "+what, "put Amazon Connect's test cases and scenarios into a folder tests beside the flows; docs/flow-testing.md shows both")
	}
	if len(tests) > fewTests {
		usualGarbage()
	}
	outcomes := runTests(ctx, tests)
	covered := o.coverage.of(programs, outcomes)
	if err := writeTests(env.Stdout, o.output, outcomes, covered); err != nil {
		return err
	}
	enough, err := o.coverage.write(env, o.output, covered)
	if err != nil {
		return err
	}
	if broken || !enough || slices.ContainsFunc(outcomes, func(out casetest.Outcome) bool { return out.Report.Verdict != flowtest.Passed }) {
		return errReported
	}
	return nil
}

// config is how tests run, and which of them: those whose name or file has the pattern.
func (o *testFlags) config(s *settings.Settings) (cfg casetest.Config, wanted *regexp.Regexp, err error) {
	if wanted, err = regexp.Compile(o.run); err != nil {
		return cfg, nil, hint.Usage(fmt.Sprintf("--run: %v", err), "it is a regular expression, as in --run '^gold'")
	}
	cfg = casetest.Config{Flow: o.flow, AsChat: o.asChat, AllowPending: o.allowPending}
	if o.at != "" {
		if cfg.At, err = time.Parse(time.RFC3339, o.at); err != nil {
			return cfg, nil, hint.Usage("--at: "+quoteArg(o.at)+" is no time", "write it as in 2026-01-05T10:00:00+01:00")
		}
	}
	_, cfg.Hours, err = s.Routing()
	return cfg, wanted, err
}

// tell writes what keeps flows, and the test cases that are to run, from running or being published, and
// reports whether something cannot run.
func (set *testSet) tell(w io.Writer) (broken bool, err error) {
	for _, f := range located(flowcheck.Check(set.checked)) {
		runs := slices.ContainsFunc(set.cases, func(c *testcase.File) bool { return c.Name == f.File })
		if f.Level == flow.Doubtful || strings.HasPrefix(f.Rule, "test-") && !runs { // which parley flow check tells
			continue
		}
		broken = broken || f.Level == flow.Broken
		if _, err := fmt.Fprintf(w, "parley: %s: %s [%s]\n", f.Level, screen.Text(f.String(), "  "), f.Rule); err != nil {
			return broken, err
		}
	}
	return broken, nil
}

// tests are the tests of a set, as far as scenarios are wanted.
func (set *testSet) tests(cfg casetest.Config, wanted *regexp.Regexp, update bool) []func(context.Context) casetest.Outcome {
	var tests []func(context.Context) casetest.Outcome
	for _, f := range set.cases {
		tests = append(tests, func(ctx context.Context) casetest.Outcome { return casetest.RunFile(ctx, cfg, f) })
	}
	play := scenariotest.Config{Library: cfg.Library, Outside: cfg.Outside, Hours: cfg.Hours, Flow: cfg.Flow, At: cfg.At, Read: readSnapshot}
	if update {
		play.Write = writeSnapshot
	}
	for _, f := range set.scenarios {
		tests = append(tests, f.tests(play, wanted)...)
	}
	return tests
}

// fewTests is how many tests leave so little behind that the garbage may grow to several times of it until
// they are reported, which saves a quarter of their processor time.
const fewTests = 1000

// allowGarbage lets garbage grow to four times of what is kept, and returns what sets the usual rate again.
// Where the environment has a rate (GOGC), that one stays.
func allowGarbage(env *Env) (usual func()) {
	if env.getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(400)
	return func() { debug.SetGCPercent(before) }
}

// runTests runs tests as [flowtest.All] does.
func runTests(ctx context.Context, tests []func(context.Context) casetest.Outcome) []casetest.Outcome {
	outcomes := make([]casetest.Outcome, len(tests))
	runs := make([]func(context.Context) flowtest.Report, len(tests))
	for i, run := range tests {
		runs[i] = func(ctx context.Context) flowtest.Report {
			outcomes[i] = run(ctx)
			return outcomes[i].Report
		}
	}
	for i, report := range flowtest.All(ctx, runs) {
		outcomes[i].Report = report
	}
	return outcomes
}

// testSet are flows that belong together, with their tests.
type testSet struct {
	programs []*flow.Program
	cases    []*testcase.File
	checked  []flowcheck.File
	// scenarios are the files with scenarios.
	scenarios []scenarioFile
}

// openTests reads the flows and tests of a folder, or the test of a file, whose flows are those of its
// folder, of the one above a folder tests, or else the usual ones.
func openTests(name, usual string) (*testSet, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, hint.Usage("there is no "+name, "name the file of a test case, or a folder with flows and their tests")
	}
	set, folder := &testSet{}, name
	if !info.IsDir() {
		if folder = filepath.Dir(name); filepath.Base(folder) == testsFolder {
			folder = filepath.Dir(folder)
		}
	}
	if set.checked, err = flowFiles(folder); err != nil && info.IsDir() {
		return nil, err
	}
	set.gather()
	if len(set.programs) == 0 && !info.IsDir() {
		if set.checked, err = flowFiles(usual); err != nil {
			set.checked = nil // the test says which flow it lacks
		}
		set.gather()
	}
	if !info.IsDir() {
		return set, set.add(name, true)
	}
	return set, eachTest(folder, func(name string) error { return set.add(name, false) })
}

// gather takes the flows of the files.
func (set *testSet) gather() {
	for _, f := range set.checked {
		set.programs = append(set.programs, f.Programs...)
	}
}

// testsFolder is where tests of flows are, beside the flows.
const testsFolder = "tests"

// add adds the test case of a file, if it is one, or must be.
func (set *testSet) add(name string, must bool) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	name = filepath.ToSlash(name)
	if isYAML(name) && (must || scenario.Is(name, data)) {
		f := scenarioFile{name: name}
		f.scenarios, f.problems = scenario.Read(name, data)
		set.scenarios = append(set.scenarios, f)
		return nil
	}
	f, is := testcase.Read(name, data)
	switch {
	case isYAML(name):
	case is:
		set.cases = append(set.cases, f)
		if !slices.ContainsFunc(set.checked, func(file flowcheck.File) bool { return file.Name == name }) {
			found, _ := flowcheck.TestCase(name, data)
			set.checked = append(set.checked, flowcheck.File{Name: name, Findings: found})
		}
	case testcase.IsTemplate(data):
		return hint.Usage(name+" is a CloudFormation template", "put the Content of its test case into a file of its own")
	case must:
		return hint.Usage(name+" is no test", "a test case is a JSON object with Observations, or with Content that holds one; a scenario is YAML")
	}
	return nil
}

func isYAML(name string) bool {
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

// eachTest goes through the files in JSON and YAML of a folder and those below it, in the order of their names.
func eachTest(folder string, f func(name string) error) error {
	return filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		base := filepath.Base(name)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != folder && (strings.HasPrefix(base, ".") || base == "node_modules"):
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(base) != ".json" && !isYAML(base) || strings.HasPrefix(base, "."):
			return nil
		}
		return f(name)
	})
}
