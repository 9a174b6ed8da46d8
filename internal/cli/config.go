package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/settings"
)

func newConfig(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "config", Short: "Show the configuration", Args: noArguments,
		Example: "  parley config print",
	}
	c.Annotations = map[string]string{menuAnnotation: ""}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	c.AddCommand(newConfigPrint(env))
	return c
}

func newConfigPrint(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "print [-o json] [flags]", Short: "Print every setting, its value and where it came from",
		Long: "Prints every setting, its value and where it came from: a flag, a variable, a line of parley.yaml\n" +
			"or the default. Faults are reported as well; the exit code is then 2.",
		DisableFlagsInUseLine: true,
		Example:               "  parley config print\n  parley config print --upstream aws -o json",
	}
	output := outputFlag(c)
	withSettings(c, "some")
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := checkOutput(*output); err != nil {
			return err
		}
		s, faults := loadSettings(env, c, args)
		if s == nil {
			return faults
		}
		write := writeSettingsText
		if *output == "json" {
			write = writeSettingsJSON
		}
		if err := write(env.Stdout, s); err != nil {
			return err
		}
		return faults
	}
	return c
}

func writeSettingsText(w io.Writer, s *settings.Settings) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "SETTING\tVALUE\tFROM") // errors come back from Flush
	for _, v := range s.Values() {
		value := screen.Printable(v.Text)
		if effective := effective(s, v.Field.Name); effective != nil && v.Text == string(settings.Auto) {
			value += fmt.Sprintf(" (%v)", effective)
		}
		if value == "" {
			value = "-"
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", v.Field.Name, value, v.Origin)
	}
	for _, e := range s.Tables() {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", screen.Printable(e.Key), screen.Printable(e.Value), e.Origin)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, "\nCost guard: "+costGuardText(s.CostGuard()))
	return err
}

// effective returns what a setting left at auto comes to; nil for settings that
// cannot be.
func effective(s *settings.Settings, name string) any {
	switch name {
	case "max-chats":
		return s.CostGuard().MaxChats
	case "end-on-exit":
		return s.CostGuard().EndOnExit
	case "drain-timeout":
		return s.Drain().String()
	}
	return nil
}

type settingJSON struct {
	Name      string   `json:"name"`
	Value     any      `json:"value"`
	Effective any      `json:"effective,omitempty"`
	From      fromJSON `json:"from"`
}

type fromJSON struct {
	Source string `json:"source"`
	Name   string `json:"name,omitempty"`
	Line   int    `json:"line,omitempty"`
}

func writeSettingsJSON(w io.Writer, s *settings.Settings) error {
	sources := map[settings.Source]string{
		settings.FromDefault: "default", settings.FromFile: "file", settings.FromEnv: "variable", settings.FromFlag: "flag",
	}
	list := []settingJSON{}
	for _, v := range s.Values() {
		list = append(list, settingJSON{
			Name: v.Field.Name, Value: v.JSON, Effective: effective(s, v.Field.Name),
			From: fromJSON{Source: sources[v.Origin.Source], Name: v.Origin.Name, Line: v.Origin.Line},
		})
	}
	for _, e := range s.Tables() {
		list = append(list, settingJSON{Name: e.Key, Value: e.Value, From: fromJSON{Source: sources[e.Origin.Source], Name: e.Origin.Name, Line: e.Origin.Line}})
	}
	return writeJSON(w, map[string]any{"settings": list})
}

// costGuardText says in one line what the cost guard does and why.
func costGuardText(guard settings.CostGuard) string {
	var parts []string
	if guard.MaxChats > 0 {
		parts = append(parts, fmt.Sprintf("at most %d chats", guard.MaxChats))
	}
	if guard.EndOnExit {
		parts = append(parts, "chats end with this run")
	}
	text := strings.Join(parts, ", ")
	if text == "" {
		text = "off"
	}
	if guard.Why != "" {
		text += " (" + guard.Why + ")"
	}
	return text
}
