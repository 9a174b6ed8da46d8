// Command parley is Amazon Connect chat on a developer's own machine; package cli
// holds the program.
package main

import (
	"os"
	_ "time/tzdata" // hours of operation need time zones, where the machine has none as well

	"github.com/parley-chat/parley/internal/cli"
)

// version is set by the linker for releases.
var version string

func main() { os.Exit(cli.Main(version)) }
