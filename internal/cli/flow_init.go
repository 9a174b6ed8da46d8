package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/examples/flows"
	"github.com/parley-chat/parley/internal/serve"
)

// newFlowInit is the command that writes the samples.
func newFlowInit(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "init [FOLDER]", Short: "Write sample contact flows into a folder",
		Long: "Writes sample flows into a new or empty folder, flows unless another is named: a menu of views, a queue\n" +
			"with an agent and what customers hear there, a survey, a guide, customer sign-in, and test cases for them.",
		DisableFlagsInUseLine: true,
		Example:               "  parley flow init\n  parley flow init samples",
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 1 {
			return strayArgument(c, args[1])
		}
		dir := serve.DefaultFlows
		if len(args) == 1 {
			dir = args[0]
		}
		names, err := writeSamples(dir)
		if err != nil {
			return err
		}
		command, folder := "parley serve", ""
		if dir != serve.DefaultFlows {
			command, folder = command+" --flows "+dir, " "+dir
		}
		_, err = fmt.Fprintf(env.Stdout, "%s in %s. Next:\n\n"+
			"  # a chat through one of them, without a server\n  parley flow run %s --say people\n\n"+
			"  # their tests\n  parley flow test%s\n\n"+
			"  # chats follow menu.json, or the flow whose name they say\n  %s\n\n"+
			"  # a chat in another terminal, meanwhile\n  parley chat\n\n"+
			"Flows that you export from Amazon Connect go into the same folder.\n",
			counted(len(names), "sample flow"), dir, filepath.ToSlash(filepath.Join(dir, "menu.json")), folder, command)
		return err
	}
	return c
}

// writeSamples writes the samples into a folder that has no files yet, and returns their names.
func writeSamples(dir string) ([]string, error) {
	if err := emptyFolder(dir, "name another folder, as in `parley flow init samples`"); err != nil {
		return nil, err
	}
	names, err := fs.Glob(flows.Files(), "*.json")
	if err != nil {
		return nil, fmt.Errorf("listing the samples: %w", err)
	}
	tests, err := fs.Glob(flows.Files(), testsFolder+"/*")
	if err == nil {
		err = os.Mkdir(filepath.Join(dir, testsFolder), 0o755)
	}
	if err != nil {
		return nil, fmt.Errorf("making a folder for the tests of the samples: %w", err)
	}
	for _, name := range slices.Concat(names, tests) {
		data, err := fs.ReadFile(flows.Files(), name)
		if strings.HasSuffix(name, ".scenario.yaml") { // for editors
			data = append([]byte(serve.SchemaLine(serve.ScenarioSchema)), data...)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), data, 0o644)
		}
		if err != nil {
			return nil, fmt.Errorf("writing the sample %s: %w", name, err)
		}
	}
	return names, nil
}
