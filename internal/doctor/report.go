package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
)

// Status is the result of a check.
type Status string

// The results there are.
const (
	// OK means that nothing is in the way of chats.
	OK Status = "ok"
	// Warn means that something may be, or that it could not be found out.
	Warn Status = "warn"
	// Fail means that chats cannot be started, or not as configured.
	Fail Status = "fail"
	// Skip means that the check was not made; Detail says why.
	Skip Status = "skip"
)

// Check is one line of a report.
type Check struct {
	// ID is stable, for scripts: one of the ids in the package's documentation.
	ID string
	// Title names what was looked at.
	Title  string
	Status Status
	// Detail is what was found; it may have several lines.
	Detail string
	// Remedy says what to do about it; empty when there is nothing to do.
	Remedy string
	// Duration is how long the check took.
	Duration time.Duration
}

// Report is what [Run] found, in the order it was looked for.
type Report struct{ Checks []Check }

// Failed reports whether any check failed.
func (r Report) Failed() bool { return r.count(Fail) > 0 }

func (r Report) count(status Status) int {
	n := 0
	for _, c := range r.Checks {
		if c.Status == status {
			n++
		}
	}
	return n
}

// summary is one sentence about all checks.
func (r Report) summary() string {
	parts := []string{fmt.Sprintf("%d ok", r.count(OK))}
	for _, kind := range []struct {
		status    Status
		one, many string
	}{{Warn, "warning", "warnings"}, {Fail, "failure", "failures"}, {Skip, "check skipped", "checks skipped"}} {
		switch n := r.count(kind.status); n {
		case 0:
		case 1:
			parts = append(parts, "1 "+kind.one)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n, kind.many))
		}
	}
	return strings.Join(parts, ", ")
}

const (
	statusWidth = 6
	remedyMark  = "fix: "
	colorReset  = "\x1b[0m"
)

// WriteText writes the report for a person: a line a check, remedies and further lines
// indented below, and a summary. With color the results are coloured for a terminal.
func (r Report) WriteText(w io.Writer, color bool) error {
	width := 0
	for _, c := range r.Checks {
		width = max(width, len(c.Title))
	}
	indent := strings.Repeat(" ", statusWidth+width+2)
	var b strings.Builder
	for _, c := range r.Checks {
		status := fmt.Sprintf("%-*s", statusWidth, c.Status)
		if color {
			status = statusColor(c.Status) + status + colorReset
		}
		fmt.Fprintf(&b, "%s%-*s  %s\n", status, width, c.Title, hang(c.Detail, indent))
		if c.Remedy != "" {
			b.WriteString(indent + remedyMark + hang(c.Remedy, indent+strings.Repeat(" ", len(remedyMark))) + "\n")
		}
	}
	b.WriteString("\n" + r.summary() + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func statusColor(status Status) string {
	switch status {
	case OK:
		return "\x1b[32m"
	case Warn:
		return "\x1b[33m"
	case Fail:
		return "\x1b[1;31m"
	default:
		return "\x1b[2m"
	}
}

// hang indents all lines but the first and takes out what would act on a terminal:
// details quote names that others chose.
func hang(text, indent string) string {
	text = strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, text)
	return strings.ReplaceAll(text, "\n", "\n"+indent)
}

type reportJSON struct {
	Failed  bool           `json:"failed"`
	Summary map[Status]int `json:"summary"`
	Checks  []checkJSON    `json:"checks"`
}

type checkJSON struct {
	ID         string `json:"id"`
	Title      string `json:"title"`
	Status     Status `json:"status"`
	Detail     string `json:"detail"`
	Remedy     string `json:"remedy,omitempty"`
	DurationMS int64  `json:"durationMs"`
}

// WriteJSON writes the report for a program.
func (r Report) WriteJSON(w io.Writer) error {
	out := reportJSON{Failed: r.Failed(), Checks: make([]checkJSON, 0, len(r.Checks)), Summary: map[Status]int{}}
	for _, status := range []Status{OK, Warn, Fail, Skip} {
		out.Summary[status] = r.count(status)
	}
	for _, c := range r.Checks {
		out.Checks = append(out.Checks, checkJSON{c.ID, c.Title, c.Status, c.Detail, c.Remedy, c.Duration.Milliseconds()})
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(out)
}
