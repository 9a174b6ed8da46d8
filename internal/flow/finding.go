package flow

import "fmt"

// Level is how much a finding matters.
type Level string

// Levels of findings.
const (
	// Broken says that the flow cannot run.
	Broken Level = "error"
	// Refused says that the flow runs here, and Amazon Connect refuses to publish it.
	Refused Level = "refused"
	// Doubtful says that the flow runs, and something in it does not do what it seems to.
	Doubtful Level = "warning"
)

// Finding is something about a flow that whoever wrote it should know.
type Finding struct {
	Level Level  `json:"level"`
	Rule  string `json:"rule"`
	File  string `json:"file,omitempty"`
	// Flow is the flow's name; Action and Name are the identifier and the display name of the block.
	Flow   string `json:"flow,omitempty"`
	Action string `json:"action,omitempty"`
	Name   string `json:"name,omitempty"`
	// Text says what is wrong and what happens; Remedy says what to do.
	Text   string `json:"text"`
	Remedy string `json:"remedy,omitempty"`
	// Page is the address of the documentation that the rule goes by, and Line the line of the block in
	// its file; a check of a file fills both in, as far as they are known.
	Page string `json:"page,omitempty"`
	Line int    `json:"line,omitempty"`
}

// String is the finding in one line.
func (f Finding) String() string {
	where := f.File
	if f.Flow != "" && f.Flow != f.File {
		where += ": " + f.Flow
	}
	if f.Action != "" {
		where += fmt.Sprintf(": block %q", f.Action)
		if f.Name != "" && f.Name != f.Action {
			where += fmt.Sprintf(" (%s)", f.Name)
		}
	}
	text := where + ": " + f.Text
	if f.Remedy != "" {
		text += "; " + f.Remedy
	}
	return text
}
