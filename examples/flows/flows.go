// Package flows holds sample contact flows for chats, in the flow language of Amazon Connect. They
// run here, and can be imported into an instance; README.md says what each shows.
package flows

import (
	"embed"
	"io/fs"
)

//go:embed *.json tests/*.json tests/*.yaml tests/*.txt
var files embed.FS

// Files are the samples, each in a file at the top, and their tests in tests: test cases of Amazon Connect, and scenarios.
func Files() fs.FS { return files }
