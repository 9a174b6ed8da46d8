// Command lambdazip packs a program for AWS Lambda: a zip with the one entry "bootstrap",
// which Lambda starts.
//
// The same program always gives the same zip, byte for byte, on every system: the entry has
// mode 0755 (Windows has no such thing), the earliest time that zip files know, and nothing
// that depends on who packed it. So a checksum says which program is deployed.
//
// Usage: lambdazip -o parley-lambda-arm64.zip PROGRAM
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/parley-chat/parley/deploy/pack"
)

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "lambdazip:", err)
		os.Exit(1) //nolint:forbidigo // this is a command's main
	}
}

// run packs as the arguments say.
func run(args []string, usage io.Writer) error {
	flags := flag.NewFlagSet("lambdazip", flag.ContinueOnError)
	flags.SetOutput(usage)
	out := flags.String("o", "", "the zip to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *out == "" || flags.NArg() != 1 {
		return errors.New("usage: lambdazip -o ZIP PROGRAM")
	}
	program, err := os.ReadFile(flags.Arg(0))
	if err != nil {
		return fmt.Errorf("reading the program: %w", err)
	}
	return pack.WriteFile(*out, func(w io.Writer) error {
		return pack.Zip(w, []pack.Entry{{Name: "bootstrap", Mode: pack.Program, Data: program}})
	})
}
