package container_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// The project's folder and the files under test.
const (
	project       = "../.."
	containerfile = "../../deploy/Containerfile"
)

// instruction is one line of a Containerfile, continuation lines joined.
type instruction struct{ name, args string }

// readContainerfile returns the instructions of each stage.
func readContainerfile(path string) (stages [][]instruction, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	whole := strings.ReplaceAll(strings.Join(lines, "\n"), "\\\n", " ")
	for line := range strings.SplitSeq(whole, "\n") {
		name, args, _ := strings.Cut(line, " ")
		if name == "FROM" {
			stages = append(stages, nil)
		}
		if len(stages) > 0 { // ARG may stand before
			last := &stages[len(stages)-1]
			*last = append(*last, instruction{name, strings.TrimSpace(args)})
		}
	}
	return stages, nil
}

// description is what an image is, beside its files.
type description struct {
	build            string            // the command that builds the program
	copies           map[string]string // from a path of the first stage to one of the image
	env              []string
	user, port       string
	entrypoint, args []string
}

func describe(path string) (*description, error) {
	stages, err := readContainerfile(path)
	if err != nil {
		return nil, err
	}
	if len(stages) != 2 {
		return nil, fmt.Errorf("reading %s: it has %d stages, want 2", path, len(stages))
	}
	d := &description{copies: map[string]string{}}
	for _, line := range stages[0] {
		if line.name == "RUN" && strings.Contains(line.args, "go build") {
			d.build = line.args
		}
	}
	for _, line := range stages[1] {
		switch line.name {
		case "FROM":
			if line.args != "scratch" {
				err = fmt.Errorf("the image is made from %s, not from scratch", line.args)
			}
		case "COPY":
			fields := strings.Fields(line.args)
			if len(fields) != 3 || fields[0] != "--from=build" {
				return nil, fmt.Errorf("unknown form: COPY %s", line.args)
			}
			d.copies[fields[1]] = fields[2]
		case "ENV":
			d.env = append(d.env, strings.Fields(line.args)...)
		case "USER":
			d.user = line.args
		case "EXPOSE":
			d.port = line.args
		case "ENTRYPOINT":
			err = json.Unmarshal([]byte(line.args), &d.entrypoint)
		case "CMD":
			err = json.Unmarshal([]byte(line.args), &d.args)
		default:
			err = fmt.Errorf("unknown instruction %s %s", line.name, line.args)
		}
		if err != nil {
			return nil, err
		}
	}
	return d, nil
}

func TestContainerfile(t *testing.T) {
	t.Parallel()
	d, err := describe(containerfile)
	if err != nil {
		t.Fatal(err)
	}
	if d.user != "65532:65532" {
		t.Errorf("the image runs as %q, want a number that is not root's, for runAsNonRoot", d.user)
	}
	if d.port != "8080" {
		t.Errorf("the image exposes %s", d.port)
	}
	for _, flag := range []string{"CGO_ENABLED=0", "-trimpath", "-buildvcs=false", "-buildid= "} {
		if !strings.Contains(d.build, flag) {
			t.Errorf("the program is built by %q, without %s", d.build, flag)
		}
	}
	version, err := goVersion()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(containerfile)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "ARG GO_VERSION="+version+"\n") {
		t.Errorf("the image is not built with Go %s, which go.mod asks for", version)
	}
	for _, name := range []string{"go.mod", "go.sum", "cmd", "internal"} {
		ignored, err := os.ReadFile(containerfile + ".dockerignore")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(ignored), "\n!"+name+"\n") {
			t.Errorf("%s is not part of the build", name)
		}
	}
}

// goVersion returns the Go release that the module asks for, such as 1.26.
func goVersion() (string, error) {
	text, err := os.ReadFile(project + "/go.mod")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if version, ok := strings.CutPrefix(strings.TrimSpace(line), "go "); ok {
			parts := strings.SplitN(version, ".", 3)
			return strings.Join(parts[:min(2, len(parts))], "."), nil
		}
	}
	return "", fmt.Errorf("go.mod names no release of Go")
}
