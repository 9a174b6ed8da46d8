package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/parley-chat/parley/internal/settings"
)

const (
	// placeholderAnnotation holds what stands for a flag's value in help texts.
	placeholderAnnotation = "parley_placeholder"
	// menuAnnotation marks commands that only hold others.
	menuAnnotation = "parley_menu"
	helpWidth      = 100
	helpIndent     = 34
)

// writeHelp prints the help text of a command. Everything about settings comes from
// package settings.
func writeHelp(w io.Writer, c *cobra.Command) {
	var b strings.Builder
	text := c.Long
	if text == "" {
		text = c.Short + "."
	}
	b.WriteString(strings.TrimSpace(text) + "\n\nUsage:\n")
	if _, menu := c.Annotations[menuAnnotation]; c.Runnable() && !menu {
		b.WriteString("  " + c.UseLine() + "\n")
	}
	if c.HasAvailableSubCommands() {
		b.WriteString("  " + c.CommandPath() + " COMMAND [flags]\n\nCommands:\n")
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() || sub.Name() == "help" {
				writeEntry(&b, sub.Name(), sub.Short)
			}
		}
	}
	if c.HasExample() {
		b.WriteString("\nExamples:\n" + c.Example + "\n")
	}
	writeFlags(&b, c)
	switch c.Annotations[settingsAnnotation] {
	case "all":
		writeSettings(&b)
	case "some":
		b.WriteString("\nAll settings of `parley serve` apply, too; `parley serve --help` describes them.\n")
	}
	if c.Annotations[settingsAnnotation] != "" {
		b.WriteString("\nExit codes:\n" +
			"  0    done; for a server: stopped in good order\n" +
			"  1    failed\n" +
			"  2    the command line or the configuration is wrong; nothing was begun\n" +
			"  130  interrupted; for a server: by a second signal\n")
	}
	_, _ = io.WriteString(w, b.String()) // nobody is left to tell
}

// writeFlags prints the flags that are no settings.
func writeFlags(b *strings.Builder, c *cobra.Command) {
	known := map[string]bool{}
	if c.Annotations[settingsAnnotation] != "" {
		for _, f := range settings.Fields() {
			known[f.Name] = true
		}
	}
	b.WriteString("\nFlags:\n")
	c.InitDefaultHelpFlag()
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || known[f.Name] {
			return
		}
		left := "    --" + f.Name
		if f.Shorthand != "" {
			left = "-" + f.Shorthand + ", --" + f.Name
		}
		if placeholder := f.Annotations[placeholderAnnotation]; len(placeholder) > 0 {
			left += " " + placeholder[0]
		} else if f.Value.Type() != "bool" {
			left += " " + strings.ToUpper(f.Value.Type())
		}
		usage := f.Usage
		switch f.Name { // the words of the flag library say the command's name again
		case "help":
			usage = "print this text"
		case "version":
			usage = "print which version this is"
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "0s" {
			usage += " (default " + f.DefValue + ")"
		}
		writeEntry(b, left, usage)
	})
}

func writeSettings(b *strings.Builder) {
	b.WriteString("\nSettings: a flag --some-name wins over the variable PARLEY_SOME_NAME, that over the key some-name in\n" +
		"parley.yaml (or parley.yml), that over the default.\n")
	for _, group := range settings.Groups() {
		b.WriteString("\n" + group + ":\n")
		for _, f := range settings.Fields() {
			if f.Group != group {
				continue
			}
			left := "--" + f.Name
			switch {
			case f.Switch && f.OneOf != nil:
				left += "[=" + f.Placeholder + "]"
			case !f.Switch:
				left += " " + f.Placeholder
			}
			help := f.Help
			switch {
			case f.List:
				help += " (may be repeated)"
			case f.DefaultText != "":
				help += " (default: " + f.DefaultText + ")"
			case f.Default != "" && f.Default != "false":
				help += " (default " + f.Default + ")"
			}
			writeEntry(b, left, help)
		}
	}
}

// writeEntry prints a name and, wrapped in a column beside it, what it means.
func writeEntry(b *strings.Builder, name, text string) {
	line := fmt.Sprintf("  %-*s", helpIndent-3, name) + " "
	if len(line) > helpIndent {
		b.WriteString(strings.TrimRight(line, " ") + "\n")
		line = strings.Repeat(" ", helpIndent)
	}
	used := helpIndent
	for i, word := range strings.Fields(text) {
		switch {
		case i > 0 && used+1+len(word) > helpWidth:
			line += "\n" + strings.Repeat(" ", helpIndent)
			used = helpIndent
		case i > 0:
			line += " "
			used++
		}
		line += word
		used += len(word)
	}
	b.WriteString(line + "\n")
}

// quoteArg shows something the user wrote, without letting it act on the terminal and
// without a password in an address.
func quoteArg(arg string) string { return strconv.Quote(settings.Redact(arg)) }
