package settings

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// functions is the table of the Lambda functions that contact flows name.
func functions() namedTable {
	where := []string{"answer", "answers", "url", "invoke", "emulator", "program", "aws"}
	only := map[string][]string{
		"name": {"invoke"}, "qualifier": {"invoke", "aws"}, "folder": {"program"}, "environment": {"program"},
		"error-message": {"url", "invoke", "emulator"},
	}
	return namedTable{
		name: "functions", entry: "FUNCTION: WHERE", field: func(s *Settings) *[]Entry { return &s.Functions },
		help: "where the Lambda functions of contact flows (ARNs or names; `*` stands for anything) are answered: an address that the event is posted to, " +
			"a program that speaks Lambda's Runtime API, `aws` for the real one, or a mapping of these members (docs/functions.md)",
		members: []member{
			{name: "answer", value: "JSON", kind: document, help: "always this answer"},
			{name: "answers", value: "LIST", kind: listOfCases, help: "the first answer whose parameters are those of the call"},
			{name: "url", value: "URL", kind: address, help: "post the event to this address"},
			{name: "invoke", value: "URL", kind: address, help: "invoke it at this address as AWS Lambda's API does (serverless-offline, SAM)"},
			{name: "emulator", value: "URL", kind: address, help: "invoke it in the Lambda runtime interface emulator at this address, one call at a time"},
			{name: "program", value: "FILE|LIST", kind: textList, help: "start this program, with its arguments, and give it the events over Lambda's Runtime API"},
			{name: "aws", value: "NAME|ARN", help: "call this function of AWS, or with true the one that the flow names"},
			{name: "name", value: "NAME", help: "the function's name at the address of invoke, where it is not that of the ARN"},
			{name: "qualifier", value: "ALIAS|VERSION", help: "for invoke and aws, where it is not that of the ARN"},
			{name: "folder", value: "FOLDER", help: "where the program runs; without it the folder of parley.yaml"},
			{name: "environment", value: "VARIABLES", kind: environment, help: "further variables of the program"},
			{name: "error-message", value: "error|data", check: oneOf("error", "data"), help: "what an object with errorMessage means that comes without a mark of an error"},
		},
		plain:    awsOrURL("program"),
		together: choice{what: "where it is answered", where: where, only: only},
	}
}

// awsOrURL says which member a plain value stands for: aws, url for an address, or else another one.
func awsOrURL(other string) func(text string) string {
	return func(text string) string {
		switch {
		case text == "aws":
			return "aws"
		case strings.HasPrefix(text, "http://"), strings.HasPrefix(text, "https://"):
			return "url"
		}
		return other
	}
}

// choice demands that an entry says one thing, and by one member. The zero value demands nothing.
type choice struct {
	// what is the thing, where lists the members that say it.
	what  string
	where []string
	// only says which further members belong to which of these.
	only map[string][]string
	// missing is said of an entry with none of the members; empty for the usual sentence.
	missing string
}

// check judges the members that an entry has. Its error completes a sentence that begins with the
// entry.
func (c choice) check(given []string) error {
	if c.where == nil {
		return nil
	}
	var chosen []string
	for _, name := range given {
		if slices.Contains(c.where, name) {
			chosen = append(chosen, name)
		}
	}
	switch {
	case len(chosen) == 0 && c.missing != "":
		return errors.New(c.missing)
	case len(chosen) != 1:
		return fmt.Errorf("says %d times %s, and must once: one of %s", len(chosen), c.what, strings.Join(c.where, ", "))
	}
	for _, name := range given {
		if with, ok := c.only[name]; ok && !slices.Contains(with, chosen[0]) {
			return fmt.Errorf("has %s, which means nothing beside %s", name, chosen[0])
		}
	}
	return nil
}

// oneOf demands one of a few values.
func oneOf(values ...string) func(string) error {
	return func(text string) error {
		if slices.Contains(values, text) {
			return nil
		}
		return errors.New("is not one of " + strings.Join(values, ", ") + didYouMean(text, values))
	}
}
