package partner

import (
	_ "embed"
	"slices"
)

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema of a script, for editors. [Parse] refuses more: what a template lacks, an
// expression that is none, rules that never answer.
func Schema() []byte { return slices.Clone(schema) }
