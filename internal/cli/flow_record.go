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
		Long: "Makes a test case in Amazon Connect's Testing language of a chat on a running server, for `parley flow test`:\n" +
			"what the flows said and asked for is expected, what the customer said is said again, functions and hours\n" +
			"answer as they did, and the queue is asserted. What looks like a secret is left out. What the language has\n" +
			"no word for, such as what an agent says, ends the test, and standard error says so.",
		Example: "  parley flow record ID > flows/tests/gold.json\n  parley flow record ID --out flows/tests/gold.json",
	}
	out := c.Flags().String("out", "", "the file to write, which must not be there; without it standard output")
	placeholders(c, map[string]string{"out": "FILE"})
	want := arguments{least: 1, most: 1, name: "one CONTACT; `parley contacts` lists them", complete: completeContacts("all")}
	return withServer(env, c, want, func(ctx context.Context, r *remote, args []string) error {
		id, err := r.contactID(ctx, args[0])
		if err != nil {
			return err
		}
		test, answer, err := r.Recorded(ctx, id)
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
	}, "aws")
}

// writeNew writes a file that is not there yet.
func writeNew(name, content string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if os.IsExist(err) {
		return hint.Usage(name+" is there already", "name another file with --out, or remove it")
	}
	if err != nil {
		return fmt.Errorf("writing the test: %w", err)
	}
	if _, err := f.WriteString(content); err != nil {
		_ = f.Close() // the first failure is told
		return fmt.Errorf("writing the test: %w", err)
	}
	return f.Close()
}
