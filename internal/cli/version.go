package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func newVersion(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "version [-o json]", Short: "Print which version this is", Args: noArguments,
		DisableFlagsInUseLine: true,
		Example:               "  parley version\n  parley version -o json",
	}
	output := outputFlag(c)
	c.RunE = func(*cobra.Command, []string) error {
		if err := checkOutput(*output); err != nil {
			return err
		}
		if *output == "json" {
			return writeJSON(env.Stdout, env.Build)
		}
		_, err := fmt.Fprintln(env.Stdout, "parley", env.Build)
		return err
	}
	return c
}

// noArguments refuses arguments of a command that has no settings.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return strayArgument(c, args[0])
}

// writeJSON prints a document for scripts, indented so that people can read it, too.
func writeJSON(w io.Writer, document any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document)
}
