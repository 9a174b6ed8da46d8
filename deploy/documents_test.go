package deploy_test

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const handbook = "../docs/production.md"

// blocks returns the fenced blocks of a document that hold a text.
func blocks(document, holding string) []string {
	var found []string
	for i, part := range strings.Split(document, "```") {
		if i%2 == 1 && strings.Contains(part, holding) {
			found = append(found, part)
		}
	}
	return found
}

// TestDocumentedParameters: what the documents tell people to type names parameters that there
// are, and every variable is explained.
func TestDocumentedParameters(t *testing.T) {
	t.Parallel()
	all := parameters(t)
	readme, document := readFile(t, "README.md"), readFile(t, handbook)
	assignment := regexp.MustCompile(`(?m)(?:^|[ \t])([a-z][A-Za-z0-9]*) *= *\S`)
	typed := 0
	for _, text := range []string{readme, document} {
		for _, command := range slices.Concat(blocks(text, "--parameter-overrides"), blocks(text, "parameters = {")) {
			_, after, found := strings.Cut(command, "--parameter-overrides")
			if !found {
				_, after, _ = strings.Cut(command, "parameters = {")
				after, _, _ = strings.Cut(after, "}")
			}
			for _, match := range assignment.FindAllStringSubmatch(after, -1) {
				typed++
				if all[match[1]] == nil {
					t.Errorf("there is no parameter %s", match[1])
				}
			}
		}
	}
	const least = 15
	if typed < least {
		t.Errorf("only %d assignments found; does the test still read the documents?", typed)
	}
	for _, variable := range variables() {
		if !strings.Contains(document, "`"+variable+"`") {
			t.Errorf("%s does not explain %s", handbook, variable)
		}
	}
	for _, name := range regexp.MustCompile("`([a-z]+[A-Z][A-Za-z0-9]*)`").FindAllStringSubmatch(readme, -1) {
		if all[name[1]] == nil && !slices.Contains([]string{"apiGatewayEndpoint", "customerName", "regionalDomainName"}, name[1]) {
			t.Errorf("README.md: there is no parameter %s", name[1])
		}
	}
}

// List prices of us-east-1 in US dollars, and what the sheet supposes of a request.
const (
	perGBSecondARM  = 0.0000133334
	perGBSecondX86  = 0.0000166667
	perMillionCalls = 0.20
	perMillionAPI   = 3.50
	perMillionWAF   = 0.60
	perGBLogged     = 0.50
	kilobytesLogged = 2.0
	wholeProcessor  = 1769.0 // MB
	processorMS     = 1.0
	upstreamMS      = 200.0
)

// TestCapacitySheet: the sheet's figures are those of its formula.
func TestCapacitySheet(t *testing.T) {
	t.Parallel()
	document := readFile(t, handbook)
	for _, memory := range []float64{128, 256, 512, 1024, 1769} {
		billed := math.Ceil(upstreamMS + processorMS*wholeProcessor/memory)
		seconds := memory / 1024 * billed / 1000 * 1e6
		arm, x86 := perMillionCalls+seconds*perGBSecondARM, perMillionCalls+seconds*perGBSecondX86
		logged := kilobytesLogged * perGBLogged
		row := fmt.Sprintf("| %.0f MB | %.0f ms | %.0f | %.2f | %.2f | %.2f |", memory, billed, math.Floor(10*1000/billed), arm, x86,
			arm+perMillionAPI+perMillionWAF+logged)
		if !strings.Contains(document, row) {
			t.Errorf("the sheet lacks the row\n%s", row)
		}
	}
	const chats = 500
	for _, minutes := range []float64{5, 10, 20, 60, 1440} {
		perHour := chats / minutes * 60
		row := fmt.Sprintf("| %.0f minutes | %.3g | %.0f |", minutes, perHour/3600, math.Floor(perHour))
		if !strings.Contains(document, row) {
			t.Errorf("the sheet lacks the row\n%s", row)
		}
	}
}

// TestLinks: the documents point at files and headings that there are.
func TestLinks(t *testing.T) {
	t.Parallel()
	heading := regexp.MustCompile(`(?m)^#+ (.*)$`)
	anchors := func(text string) []string {
		var all []string
		for _, match := range heading.FindAllStringSubmatch(text, -1) {
			all = append(all, regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(match[1]), ""))
			all[len(all)-1] = strings.ReplaceAll(all[len(all)-1], " ", "-")
		}
		return all
	}
	for folder, name := range map[string]string{"": "README.md", "../docs/": handbook} {
		text := readFile(t, name)
		for _, match := range regexp.MustCompile(`\]\(([^)#]*)(?:#([^)]*))?\)`).FindAllStringSubmatch(text, -1) {
			target, anchor := match[1], match[2]
			if strings.HasPrefix(target, "http") {
				continue
			}
			linked := text
			if target != "" {
				linked = readFile(t, folder+target)
			}
			if anchor != "" && !slices.Contains(anchors(linked), anchor) {
				t.Errorf("%s: %s has no heading %s", name, target, anchor)
			}
		}
	}
}
