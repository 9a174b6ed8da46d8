// Package testreport writes the reports of tests of contact flows in the forms that others read: JUnit's
// XML for servers of continuous integration, and the Test Anything Protocol.
//
// It knows nothing of how a test is run.
package testreport

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/parley-chat/parley/internal/flowtest"
)

// Detail says in several lines what went wrong in a test.
type Detail func(*flowtest.Report) string

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	File     string      `xml:"file,attr,omitempty"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr,omitempty"`
	Time    string        `xml:"time,attr"`
	Failure *junitTrouble `xml:"failure"`
	Error   *junitTrouble `xml:"error"`
	Skipped *junitTrouble `xml:"skipped"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitTrouble struct {
	Message string `xml:"message,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// JUnit writes reports as JUnit's XML: a suite for each test, with a case for each thing that it
// expected.
//
// Source: https://github.com/testmoapp/junitxml
func JUnit(w io.Writer, reports []flowtest.Report, detail Detail) error {
	all := junitSuites{Name: "parley flow test"}
	for i := range reports {
		r := &reports[i]
		s := junitSuite{Name: r.Name, File: r.File, Time: fmt.Sprintf("%.3f", r.Took.Seconds())}
		if r.Verdict == flowtest.Errored {
			s.Errors++
			s.Cases = append(s.Cases, junitCase{Name: r.Name, Class: r.Name, File: r.File, Time: "0", Error: &junitTrouble{r.Why, detail(r)}})
		}
		for j := range r.Checks {
			c := &r.Checks[j]
			out := junitCase{Name: c.ID, Class: r.Name, File: r.File, Time: "0"}
			switch {
			case c.Verdict == flowtest.Failed:
				s.Failures++
				out.Failure = &junitTrouble{c.Why, detail(r)}
			case c.Verdict == flowtest.Pending:
				s.Skipped++
				out.Skipped = &junitTrouble{Message: c.Why}
			case c.Seen != "":
				out.Out = c.Seen
			}
			s.Cases = append(s.Cases, out)
		}
		s.Tests = len(s.Cases)
		all.Tests, all.Failures, all.Errors, all.Skipped = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors, all.Skipped+s.Skipped
		all.Suites = append(all.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// TAP writes reports in the Test Anything Protocol, a line for each test, with what went wrong below.
//
// Source: https://testanything.org/tap-version-14-specification.html
func TAP(w io.Writer, reports []flowtest.Report, detail Detail) error {
	var b strings.Builder
	fmt.Fprintf(&b, "TAP version 14\n1..%d\n", len(reports))
	for i := range reports {
		r := &reports[i]
		result := "not ok"
		if r.Verdict == flowtest.Passed {
			result = "ok"
		}
		fmt.Fprintf(&b, "%s %d - %s\n", result, i+1, described(r.Name))
		if r.Verdict == flowtest.Passed {
			continue
		}
		fmt.Fprintf(&b, "  ---\n  message: %s\n  severity: %s\n  file: %s\n  data: |\n", quoted(r.Why), r.Verdict, quoted(r.File))
		for line := range strings.Lines(detail(r)) {
			fmt.Fprintf(&b, "    %s\n", strings.TrimRight(line, "\n"))
		}
		b.WriteString("  ...\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// described is a description: one line, in which # begins no directive.
func described(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	return strings.NewReplacer(`\`, `\\`, "#", `\#`).Replace(text)
}

// quoted is a text of YAML in double quotes.
func quoted(text string) string { return fmt.Sprintf("%q", text) }
