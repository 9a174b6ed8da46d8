package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowcheck"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/lexfile"
	"github.com/parley-chat/parley/internal/screen"
)

// newFlowCheck is the command that says what will not run, and what cannot be published.
func newFlowCheck(env *Env) *cobra.Command {
	var fix bool
	c := &cobra.Command{
		Use: "check FILE|FOLDER... [flags]", Short: "Say what in contact flows will not run in a chat, or cannot be published",
		Long: "Reads flows in every form that Amazon Connect, its API and templates give them, and says what will not\n" +
			"run in a chat, what Amazon Connect will refuse to publish, where, what happens instead and what to do. The\n" +
			"flows of one call belong together. AWS's test cases and scenarios are checked in the same way, against the\n" +
			"flows beside them, and bots that are named: the zip or folder of an export, or a short YAML.\n" +
			"docs/flow-rules.md has the rules.\n" +
			"The exit code is 1 when a flow cannot run, or will be refused.",
		DisableFlagsInUseLine: true,
		Example:               "  parley flow check flows\n  parley flow check main.json --fix\n  parley flow check flows -o sarif > flows.sarif",
		Args:                  filesOnly,
	}
	c.Flags().BoolVar(&fix, "fix", false, "rewrite in the files what has one right form, and nothing else")
	output := outputFlag(c, "sarif")
	c.RunE = func(_ *cobra.Command, args []string) error {
		if err := checkOutput(*output, "sarif"); err != nil {
			return err
		}
		read, err := readAll(env, args, fix)
		if err != nil {
			return err
		}
		findings := located(flowcheck.Check(read.files))
		switch *output {
		case "json":
			result := map[string]any{"flows": read.flows, "scenarioFiles": read.scenarios, "bots": read.bots, "findings": findings}
			if fix {
				result["fixed"] = read.fixed
			}
			err = writeJSON(env.Stdout, result)
		case "sarif":
			err = writeJSON(env.Stdout, flowcheck.SARIF(env.Build.Version, findings))
		default:
			err = writeFindings(env.Stdout, findings, read)
		}
		if err == nil && flowcheck.Fails(findings) {
			err = errReported
		}
		return err
	}
	return c
}

// toCheck is what a command line names: its files with what was found when they were read, how many
// flows, files of scenarios and bots they are, and what was rewritten in them.
type toCheck struct {
	files                  []flowcheck.File
	flows, scenarios, bots int
	fixed                  []fixedFlow
}

// readAll reads what a command line names, told apart by content.
func readAll(env *Env, names []string, fix bool) (*toCheck, error) {
	read := &toCheck{fixed: []fixedFlow{}}
	var scenarios []scenarioSource
	for _, name := range names {
		if lexfile.Is(name) {
			of, err := checkBot(env, name)
			if err != nil {
				return nil, err
			}
			read.bots++
			read.files = append(read.files, of)
			continue
		}
		found, err := findScenarios(name)
		if err != nil {
			return nil, err
		}
		scenarios = append(scenarios, found...)
		if len(found) == 1 && found[0].name == name {
			continue // which is a file of scenarios itself
		}
		of, err := flowFiles(name)
		if hint.IsUsage(err) && len(found) > 0 {
			err = nil // a folder with nothing else
		}
		if err == nil && fix {
			var done []fixedFlow
			if done, err = fixFlows(of); len(done) > 0 && err == nil {
				read.fixed = append(read.fixed, done...)
				of, err = flowFiles(name)
			}
		}
		if err != nil {
			return nil, err
		}
		read.files = append(read.files, of...)
	}
	for _, file := range read.files {
		read.flows += len(file.Programs)
	}
	checked, err := checkScenarios(env, scenarios, read.files)
	read.scenarios = len(checked)
	read.files = append(read.files, checked...)
	return read, err
}

// flowFiles are the files of flows at a name, with what they hold.
func flowFiles(name string) ([]flowcheck.File, error) {
	programs, findings, err := readFlows(name)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	var files []flowcheck.File
	of := func(name string) *flowcheck.File {
		name = filepath.ToSlash(name)
		at := slices.IndexFunc(files, func(f flowcheck.File) bool { return f.Name == name })
		if at < 0 {
			files = append(files, flowcheck.File{Name: name})
			at = len(files) - 1
		}
		return &files[at]
	}
	for _, p := range programs {
		file := name
		if info.IsDir() {
			file = filepath.Join(name, p.Source().File)
		}
		f := of(file)
		f.Programs = append(f.Programs, p)
	}
	for _, finding := range findings {
		f := of(finding.File)
		f.Findings = append(f.Findings, finding)
	}
	for i := range files {
		f := &files[i]
		if len(f.Findings) > 1 { // what a server says of a file beside its faults
			f.Findings = slices.DeleteFunc(f.Findings, func(found flow.Finding) bool { return found.Rule == "file" })
		}
		if len(f.Programs) > 0 || len(f.Findings) == 0 || f.Findings[0].Rule != "no-flow" {
			continue
		}
		data, err := os.ReadFile(filepath.FromSlash(f.Name))
		if err != nil {
			return nil, err
		}
		if found, is := flowcheck.TestCase(f.Name, data); is {
			f.Findings = found
		}
	}
	if info.IsDir() { // whose tests are no flows
		if err := eachTest(name, func(name string) error {
			data, err := os.ReadFile(name)
			if found, is := flowcheck.TestCase(filepath.ToSlash(name), data); is && err == nil {
				of(name).Findings = found
			}
			return err
		}); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(files, func(x, y flowcheck.File) int { return strings.Compare(x.Name, y.Name) })
	return files, nil
}

// fixedFlow is a piece of a file that was rewritten.
type fixedFlow struct {
	File string `json:"file"`
	flowcheck.Fixed
}

// fixFlows rewrites files in which something has one right form.
func fixFlows(files []flowcheck.File) ([]fixedFlow, error) {
	var all []fixedFlow
	for _, file := range files {
		name, err := filepath.EvalSymlinks(filepath.FromSlash(file.Name))
		if err != nil {
			return all, err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return all, err
		}
		data, fixed := flowcheck.Fix(data)
		if len(fixed) == 0 {
			continue
		}
		if err := replaceFile(name, data); err != nil {
			return all, hint.New(fmt.Errorf("rewriting %s: %w", file.Name, err), "let it be written, or check it without --fix")
		}
		for _, f := range fixed {
			all = append(all, fixedFlow{file.Name, f})
		}
	}
	return all, nil
}

// replaceFile puts a new text into a file, all of it or nothing.
func replaceFile(name string, data []byte) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if mode := f.Chmod(info.Mode().Perm()); err == nil {
		err = mode
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// located gives findings the lines of their blocks, as far as their files can be read.
func located(findings []flow.Finding) []flow.Finding {
	lines := map[string]map[string]int{}
	for i := range findings {
		f := &findings[i]
		if f.Line > 0 { // of a scenario
			continue
		}
		if _, read := lines[f.File]; !read {
			data, err := os.ReadFile(filepath.FromSlash(f.File))
			if err == nil {
				lines[f.File] = flowcheck.Lines(data)
			} else {
				lines[f.File] = nil // the finding says it
			}
		}
		f.Line = lines[f.File][f.Action]
	}
	return findings
}

// writeFindings prints findings for a person, and how many flows, files of scenarios and bots were checked.
func writeFindings(w io.Writer, findings []flow.Finding, read *toCheck) error {
	for _, f := range read.fixed {
		where := f.File
		if f.Action != "" {
			where += fmt.Sprintf(": block %q", f.Action)
		}
		if _, err := fmt.Fprintf(w, "fixed: %s [%s]\n", screen.Text(where+": "+f.Text, "  "), f.Rule); err != nil {
			return err
		}
	}
	for _, f := range findings {
		if _, err := fmt.Fprintf(w, "%s: %s [%s]\n", f.Level, screen.Text(f.String(), "  "), f.Rule); err != nil {
			return err
		}
	}
	what := counted(read.flows, "flow")
	if read.scenarios > 0 {
		what += ", " + counted(read.scenarios, "file") + " of scenarios"
	}
	if read.bots > 0 {
		what += ", " + counted(read.bots, "bot")
	}
	_, err := fmt.Fprintf(w, "%s, %s\n", what, counted(len(findings), "finding"))
	return err
}

// counted is a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
