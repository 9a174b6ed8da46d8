// Package parley_test holds the tests of the project as a whole.
package parley_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/parley-chat/parley/"

// allowed says which packages of ours each package may import, and whether it may use
// the AWS SDK. A package that is not listed may import nothing of ours: a new one has to
// be given its place here and in docs/architecture.md.
var allowed = map[string][]string{
	// What everything stands on: one idea each, no package of ours below, or one.
	"internal/secret":     {},
	"internal/secretform": {},
	"internal/rawjson":    {"internal/excerpt"},
	"internal/arn":        {},
	"internal/clock":      {},
	"internal/excerpt":    {},
	"internal/hint":       {},
	"internal/loopback":   {},
	"internal/doorpath":   {},
	"internal/inbox":      {},
	"internal/glob":       {},
	"internal/redact":     {},
	"internal/runtimeapi": {},
	"internal/hours":      {},
	"internal/runfile":    {},
	"internal/screen":     {"internal/excerpt"},
	"internal/logqueue":   {},
	"internal/parent":     {},
	"internal/fidelity":   {},
	"internal/devcert":    {},
	"internal/devices":    {},
	"internal/pagescript": {},
	"internal/awswire":    {},
	// Domains: rules without a transport.
	"internal/transcript":   {},
	"internal/flow":         {"internal/hint", "internal/rawjson"},
	"internal/flowcheck":    {"internal/arn", "internal/flow", "internal/lex", "internal/scenario", "internal/testcase"},
	"internal/flowdiff":     {"internal/flow"},
	"internal/flowdraw":     {"internal/excerpt", "internal/flow"},
	"internal/testcase":     {"internal/flow"},
	"internal/scenario":     {},
	"internal/flowrecord":   {"internal/excerpt", "internal/flow", "internal/interactive", "internal/scenario", "internal/secretform", "internal/testcase", "internal/transcript"},
	"internal/instance":     {"internal/arn", "internal/flow", "internal/flowcheck", "internal/hours", "internal/testcase"},
	"internal/lexslot":      {},
	"internal/lex":          {"internal/excerpt", "internal/lexslot"},
	"internal/lexfile":      {"internal/hint", "internal/lex", "internal/rawjson"},
	"internal/interactive":  {"internal/awswire"},
	"internal/chat":         {"internal/clock", "internal/excerpt", "internal/redact", "internal/secret", "internal/transcript"},
	"internal/connectmodel": {"internal/arn", "internal/excerpt", "internal/rawjson"},
	"internal/diagnosis":    {"internal/awswire", "internal/doorpath"},
	"internal/settings":     {"internal/arn", "internal/connectmodel", "internal/hint", "internal/hours", "internal/loopback", "internal/secret"},
	"internal/admintoken":   {"internal/hint", "internal/runfile", "internal/secret", "internal/settings"},
	// What keeps and calls.
	"internal/blob":  {"internal/chat"},
	"internal/store": {"internal/blob", "internal/chat", "internal/redact", "internal/transcript"},
	"internal/identity": {
		"internal/connectmodel", "internal/diagnosis", "internal/excerpt", "internal/loopback", "internal/rawjson", "internal/secret",
	},
	"internal/awscall": {"internal/awswire", "internal/excerpt", "internal/hint"},
	// The front door, and what stands before and behind it.
	"internal/startchat": {
		"internal/arn", "internal/awswire", "internal/connectmodel", "internal/diagnosis", "internal/identity", "internal/rawjson",
		"internal/secret",
	},
	"internal/guard":         {"internal/diagnosis", "internal/loopback"},
	"internal/connectclient": {"internal/arn", "internal/awscall", "internal/rawjson", "internal/secret", "internal/startchat"},
	"internal/costguard":     {"internal/arn", "internal/awswire", "internal/diagnosis", "internal/startchat"},
	"internal/frontdoor": {
		"internal/arn", "internal/awscall", "internal/awswire", "internal/connectclient", "internal/connectmodel", "internal/diagnosis",
		"internal/doorpath", "internal/excerpt", "internal/fidelity", "internal/guard", "internal/identity", "internal/rawjson", "internal/secret",
		"internal/settings", "internal/startchat",
	},
	"internal/lambdahost": {"internal/awswire", "internal/diagnosis", "internal/secretform"},
	"internal/server":     {"internal/diagnosis", "internal/runfile"},
	// The embedded Amazon Connect.
	"internal/strict":     {"internal/chat"},
	"internal/chatsocket": {"internal/awswire"},
	"internal/participant": {
		"internal/awswire", "internal/blob", "internal/chat", "internal/chatsocket", "internal/clock", "internal/fidelity", "internal/interactive",
		"internal/loopback", "internal/rawjson", "internal/secret", "internal/strict", "internal/transcript",
	},
	"internal/connectserver": {
		"internal/arn", "internal/awswire", "internal/chat", "internal/connectmodel", "internal/fidelity", "internal/flow", "internal/hours",
		"internal/instance", "internal/interactive", "internal/rawjson", "internal/secret", "internal/strict", "internal/transcript",
	},
	"internal/flowrun": {"internal/arn", "internal/chat", "internal/flow", "internal/glob", "internal/hours", "internal/inbox", "internal/interactive", "internal/redact", "internal/transcript"},
	"internal/lambdacall": {
		"internal/arn", "internal/awscall", "internal/awswire", "internal/excerpt", "internal/flow", "internal/flowrun", "internal/glob",
		"internal/hint", "internal/runtimeapi", "internal/screen",
	},
	"internal/lexbot": {
		"internal/awscall", "internal/awswire", "internal/excerpt", "internal/flow", "internal/flowrun", "internal/glob", "internal/hint",
		"internal/interactive", "internal/lex", "internal/lexfile", "internal/transcript",
	},
	"internal/testreport": {"internal/flowtest"},
	"internal/flowcover":  {"internal/flow", "internal/flowdraw", "internal/flowtest"},
	"internal/casetest": {
		"internal/arn", "internal/fidelity", "internal/flow", "internal/flowrun", "internal/flowtest", "internal/hours", "internal/interactive", "internal/lambdacall",
		"internal/testcase", "internal/transcript",
	},
	"internal/scenariotest": {
		"internal/arn", "internal/chat", "internal/flow", "internal/flowrun", "internal/flowtest", "internal/hours", "internal/interactive",
		"internal/lambdacall", "internal/lexbot", "internal/scenario", "internal/testcase", "internal/transcript",
	},
	"internal/lexserver":  {"internal/awswire", "internal/fidelity", "internal/lex", "internal/lexbot"},
	"internal/flowtest":   {"internal/chat", "internal/clock", "internal/flow", "internal/flowrun", "internal/hours", "internal/interactive", "internal/store", "internal/transcript"},
	"internal/desk":       {"internal/blob", "internal/chat", "internal/inbox", "internal/transcript"},
	"internal/partner":    {"internal/desk", "internal/interactive", "internal/transcript"},
	"internal/signin":     {"internal/chat", "internal/excerpt", "internal/secret"},
	"internal/processing": {"internal/chat", "internal/excerpt", "internal/flow", "internal/transcript"},
	"internal/fault": {
		"internal/arn", "internal/awswire", "internal/chat", "internal/connectserver", "internal/excerpt", "internal/participant", "internal/rawjson",
		"internal/secret",
	},
	"internal/emulator": {
		"internal/awswire", "internal/blob", "internal/casetest", "internal/chat", "internal/clock", "internal/connectserver", "internal/desk", "internal/testcase",
		"internal/diagnosis", "internal/fault", "internal/flow", "internal/flowcover", "internal/flowrun", "internal/flowtest", "internal/hours", "internal/instance", "internal/interactive", "internal/lexbot", "internal/lexserver", "internal/participant", "internal/partner", "internal/processing", "internal/scenario", "internal/scenariotest", "internal/signin", "internal/startchat", "internal/store",
		"internal/strict", "internal/transcript",
	},
	// What watches a running server, and stands in for Amazon Connect.
	"internal/inspect": {"internal/doorpath", "internal/excerpt", "internal/flow", "internal/secretform"},
	"internal/relay": {
		"internal/awswire", "internal/chatsocket", "internal/diagnosis", "internal/loopback", "internal/participant", "internal/secret",
		"internal/startchat",
	},
	"internal/recording": {
		"internal/awswire", "internal/chatsocket", "internal/diagnosis", "internal/excerpt", "internal/inspect", "internal/participant",
		"internal/secret", "internal/startchat",
	},
	"internal/api": {
		"internal/blob", "internal/chat", "internal/connectmodel", "internal/desk", "internal/diagnosis", "internal/excerpt",
		"internal/fault", "internal/flow", "internal/flowcover", "internal/flowrecord", "internal/flowtest", "internal/inspect", "internal/instance", "internal/participant", "internal/partner", "internal/rawjson", "internal/secret",
		"internal/transcript",
	},
	"internal/manual":  {},
	"internal/console": {"internal/diagnosis", "internal/manual"},
	"internal/doctor": {
		"internal/arn", "internal/awscall", "internal/awswire", "internal/connectclient", "internal/diagnosis", "internal/doorpath",
		"internal/hint", "internal/server", "internal/settings", "internal/startchat",
	},
	// The program.
	"internal/serve": {
		"internal/admintoken", "internal/api", "internal/clock", "internal/connectclient", "internal/console", "internal/costguard", "internal/desk",
		"internal/devcert", "internal/devices", "internal/diagnosis", "internal/doctor", "internal/doorpath", "internal/emulator",
		"internal/excerpt", "internal/connectserver", "internal/fault", "internal/flow", "internal/flowrun", "internal/frontdoor", "internal/guard", "internal/hint", "internal/identity", "internal/inspect", "internal/lambdacall", "internal/lexbot",
		"internal/pagescript", "internal/partner", "internal/recording", "internal/relay", "internal/runfile", "internal/screen",
		"internal/scenario", "internal/secret", "internal/server", "internal/settings", "internal/startchat",
	},
	"internal/client": {
		"internal/admintoken", "internal/awswire", "internal/chatsocket", "internal/devcert", "internal/doorpath", "internal/hint",
		"internal/loopback", "internal/runfile", "internal/screen", "internal/secret", "internal/settings", "internal/transcript",
	},
	"examples/flows": {},
	"internal/cli": {
		"examples/flows", "internal/client", "internal/devices", "internal/doctor", "internal/doorpath", "internal/flow", "internal/flowcheck", "internal/flowdiff", "internal/flowdraw", "internal/flowrun", "internal/glob",
		"internal/casetest", "internal/flowcover", "internal/flowtest", "internal/scenario", "internal/scenariotest", "internal/testcase", "internal/testreport", "internal/frontdoor", "internal/hint", "internal/identity", "internal/lex", "internal/lexbot", "internal/lexfile", "internal/interactive", "internal/logqueue", "internal/parent", "internal/screen", "internal/serve", "internal/server",
		"internal/settings", "internal/transcript",
	},
	"cmd/parley":        {"internal/cli"},
	"cmd/parley-lambda": {"internal/frontdoor", "internal/lambdahost", "internal/settings"},
	"parleytest": {
		"internal/chat", "internal/doorpath", "internal/emulator", "internal/fault", "internal/flowrun", "internal/flowtest", "internal/scenario", "internal/scenariotest", "internal/serve", "internal/settings",
		"internal/startchat", "internal/transcript",
	},
	// For tests and the benchmark only.
	"internal/awsfake": {"internal/secret"},
	"internal/memnet":  {},
	"internal/program": {},
}

// testOnly are packages that the program itself must not contain.
var testOnly = []string{"internal/awsfake", "internal/memnet", "internal/program"}

type goPackage struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func TestImportDirections(t *testing.T) {
	t.Parallel()
	for _, pkg := range list(t, "./internal/...", "./cmd/...", "./examples/...", "./parleytest") {
		name := strings.TrimPrefix(pkg.ImportPath, module)
		may, listed := allowed[name]
		if !listed {
			t.Errorf("%s has no place in the list of import directions", name)
			continue
		}
		for _, imported := range pkg.Imports {
			ours, isOurs := strings.CutPrefix(imported, module)
			if isOurs && !slices.Contains(may, ours) {
				t.Errorf("%s imports %s, against the direction of imports", name, ours)
			}
			if name != "internal/chatsocket" && strings.HasPrefix(imported, "github.com/gobwas/") {
				t.Errorf("%s imports %s: only internal/chatsocket knows the WebSocket library", name, imported)
			}
			if name != "internal/awscall" && (strings.HasPrefix(imported, "github.com/aws/aws-sdk-go-v2") || strings.HasPrefix(imported, "github.com/aws/smithy-go")) {
				t.Errorf("%s imports %s: only internal/awscall calls AWS", name, imported)
			}
		}
	}
}

func TestProgramHoldsNoTestCode(t *testing.T) {
	t.Parallel()
	for _, pkg := range list(t, "./cmd/...") {
		for _, dep := range pkg.Deps {
			if name := strings.TrimPrefix(dep, module); slices.Contains(testOnly, name) || dep == "testing" {
				t.Errorf("%s contains %s", pkg.ImportPath, name)
			}
			if strings.HasPrefix(dep, "github.com/aws/aws-sdk-go-v2/service/connect") {
				t.Errorf("%s contains the generated client %s", pkg.ImportPath, dep)
			}
		}
	}
}

// A public endpoint holds nothing that it does not need.
func TestFunctionHoldsOnlyItsOwn(t *testing.T) {
	t.Parallel()
	for _, pkg := range list(t, "./cmd/parley-lambda") {
		for _, dep := range pkg.Deps {
			name := strings.TrimPrefix(dep, module)
			if slices.Contains([]string{
				"internal/emulator", "internal/chat", "internal/store", "internal/console", "internal/desk", "internal/flow", "internal/participant",
				"internal/connectserver", "internal/cli", "internal/client", "internal/serve", "internal/server", "internal/inspect", "internal/fault", "internal/api", "internal/logqueue", "internal/parent", "modernc.org/sqlite",
			}, name) {
				t.Errorf("the production function contains %s", name)
			}
		}
	}
}

// The domain knows no transport.
func TestDomainIsPure(t *testing.T) {
	t.Parallel()
	for _, pkg := range list(t, "./internal/chat") {
		for _, dep := range pkg.Deps {
			if dep == "net/http" || dep == "database/sql" || strings.HasPrefix(dep, "github.com/aws/") {
				t.Errorf("%s depends on %s", pkg.ImportPath, dep)
			}
		}
	}
}

// Every direct dependency has its line of reason.
func TestDependenciesAreArgued(t *testing.T) {
	t.Parallel()
	reasons, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	for _, required := range mod.Require {
		if !required.Indirect && !strings.Contains(string(reasons), "`"+required.Path+"`") {
			t.Errorf("docs/dependencies.md gives no reason for %s", required.Path)
		}
	}
}

func list(t *testing.T, patterns ...string) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-deps=false", "-json=ImportPath,Imports,Deps"}, patterns...)...)
	out, err := cmd.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			t.Fatalf("listing packages: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var packages []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var pkg goPackage
		if err := dec.Decode(&pkg); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, pkg)
	}
}
