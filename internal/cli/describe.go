package cli

import (
	"io"

	"github.com/spf13/cobra"
)

// Commands returns the tree of commands with all their flags, for programs that describe it: man
// pages and completion scripts. Nothing in it can be run in earnest.
func Commands() *cobra.Command { return newRoot(&Env{Stdout: io.Discard, Stderr: io.Discard}) }
