// Package parley holds the documentation, because only the folder above it can embed it. It is shown by
// package manual; the program is in cmd/parley.
package parley

import "embed"

// Documentation are README.md and the folder docs, as they belong to this version.
//
//go:embed README.md docs/*.md docs/images/*.png
var Documentation embed.FS
