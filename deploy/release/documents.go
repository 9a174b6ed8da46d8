package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/parley-chat/parley/deploy/pack"
	"github.com/parley-chat/parley/internal/cli"
)

// manPages are the man pages of all commands.
func manPages(day time.Time) ([]pack.Entry, error) {
	var pages []pack.Entry
	var add func(c *cobra.Command) error
	add = func(c *cobra.Command) error {
		var text bytes.Buffer
		title := strings.ToUpper(strings.ReplaceAll(c.CommandPath(), " ", "-"))
		header := &doc.GenManHeader{Title: title, Section: "1", Date: &day, Source: "Parley", Manual: "Parley"}
		c.DisableAutoGenTag = true
		if err := doc.GenMan(c, header, &text); err != nil {
			return fmt.Errorf("the man page of %s: %w", c.CommandPath(), err)
		}
		pages = append(pages, pack.Entry{Name: "man/" + strings.ToLower(title) + ".1", Mode: pack.Document, Data: text.Bytes()})
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() && !sub.IsAdditionalHelpTopicCommand() {
				if err := add(sub); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := add(cli.Commands()); err != nil {
		return nil, err
	}
	return pages, nil
}

// completions are the scripts that shells read, under the names that they look for.
func completions() ([]pack.Entry, error) {
	root := cli.Commands()
	var scripts []pack.Entry
	for _, shell := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"parley.bash", func(w io.Writer) error { return root.GenBashCompletionV2(w, true) }},
		{"_parley", root.GenZshCompletion},
		{"parley.fish", func(w io.Writer) error { return root.GenFishCompletion(w, true) }},
		{"parley.ps1", root.GenPowerShellCompletionWithDesc},
	} {
		var text bytes.Buffer
		if err := shell.write(&text); err != nil {
			return nil, fmt.Errorf("the completion script %s: %w", shell.name, err)
		}
		scripts = append(scripts, pack.Entry{Name: "completions/" + shell.name, Mode: pack.Document, Data: text.Bytes()})
	}
	return scripts, nil
}
