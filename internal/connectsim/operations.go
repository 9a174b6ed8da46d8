package connectsim

import (
	_ "embed"
	"strings"
)

// operationList is every operation of Amazon Connect, one a line: method, path, name. It is
// taken from the service model of version 1.175.2 of the AWS SDK for Go's Connect client,
// with StartAssistantContact added, which is newer.
//
//go:embed operations.txt
var operationList string

// operation is one operation of Amazon Connect's API.
type operation struct{ method, path, name string }

// operations returns every operation of Amazon Connect's API, by name.
func operations() []operation {
	var list []operation
	for line := range strings.Lines(operationList) {
		if fields := strings.Fields(line); len(fields) == 3 {
			list = append(list, operation{fields[0], fields[1], fields[2]})
		}
	}
	return list
}
