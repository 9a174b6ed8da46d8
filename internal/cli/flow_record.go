package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/screen"
)

// newFlowRecord is the command that makes a test of a chat on a running server.
func newFlowRecord(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "record CONTACT [flags]", Short: "Make a test of a chat that was held",
		Long: "Makes a scenario of a chat on a running server, for `parley flow test`, or with -o aws a test case in Amazon\n" +
			"Connect's Testing language: what the flows said is expected, what the customer and agents did is done again,\n" +
			"functions and hours answer as they did, and the queue is asserted. What looks like a secret is left out. What\n" +
			"has no word, such as an agent in the Testing language, ends the test, and standard error says so.",
		Example: "  parley flow record ID --out flows/tests/gold.scenario.yaml\n  parley flow record ID -o aws > flows/tests/gold.json",
	}
	out := c.Flags().String("out", "", "the file to write, which must not be there; without it standard output")
	placeholders(c, map[string]string{"out": "FILE"})
	want := arguments{least: 1, most: 1, name: "one CONTACT; `parley contacts` lists them", complete: completeContacts}
	return withServer(env, c, want, func(ctx context.Context, r *remote, args []string) error {
		id, err := r.contactID(ctx, args[0])
		if err != nil {
			return err
		}
		form := "scenario"
		if r.form == "aws" {
			form = r.form
		}
		test, answer, err := r.Recorded(ctx, id, form)
		if err != nil {
			return err
		}
		if r.json {
			return r.print(answer, nil)
		}
		for _, note := range test.Notes {
			r.note("%s", screen.Text(note, "  "))
		}
		if *out == "" {
			_, err = r.env.Stdout.Write([]byte(test.Content))
			return err
		}
		return writeNew(*out, test.Content)
	}, "scenario", "aws")
}

// writeNew writes a file that is not there yet.
func writeNew(name, content string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if os.IsExist(err) {
		return hint.Usage(name+" is there already", "name another file with --out, or remove it")
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if _, err := f.WriteString(content); err != nil {
		_ = f.Close() // the first failure is told
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return f.Close()
}
