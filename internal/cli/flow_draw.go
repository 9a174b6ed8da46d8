package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/flowdraw"
)

// newFlowDraw is the command that draws a flow.
func newFlowDraw(env *Env) *cobra.Command {
	forms := []string{"svg", "mermaid"}
	c := &cobra.Command{
		Use: "draw FILE [flags]", Short: "Draw a contact flow",
		Long: "Prints a drawing of the flow of a file: its blocks where the designer had them, or in columns where the file\n" +
			"has no positions, with their branches. An SVG is whole in itself and follows the reader's light or dark\n" +
			"scheme; Mermaid is a text that many code hosts draw.",
		DisableFlagsInUseLine: true,
		Example:               "  parley flow draw flows/main.json > main.svg\n  parley flow draw flows/main.json -o mermaid",
		Args:                  filesOnly,
	}
	output := formFlag(c, "drawing", forms...)
	c.RunE = func(_ *cobra.Command, args []string) error {
		if err := checkForm(*output, forms...); err != nil {
			return err
		}
		if len(args) > 1 {
			return strayArgument(c, args[1])
		}
		file, logical, _ := strings.Cut(args[0], "#")
		programs, _, err := readFlows(file)
		if err != nil {
			return err
		}
		p, err := chosen(file, logical, programs)
		if err != nil {
			return err
		}
		d := p.Source().Document
		drawing := flowdraw.Mermaid(&d)
		if *output == "svg" {
			drawing = flowdraw.SVG(p.Name(), &d, flowdraw.Marks{})
		}
		_, err = env.Stdout.Write(drawing)
		return err
	}
	return c
}
