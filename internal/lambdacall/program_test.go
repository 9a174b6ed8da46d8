package lambdacall_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/lambdacall"
)

// self is the program of a test: this binary, under a name of its own that can be replaced.
func self(t *testing.T, folder string) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(folder, "function")
	_ = os.Remove(link)
	if err := os.Link(path, link); err != nil {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(link, data, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return link
}

// do asks the program of a test for something, with as much time as it takes.
func do(ctx context.Context, c *lambdacall.Calls, what string) (answer struct {
	Kind, Do, Secret, Name string
	Pid                    int
}, err error,
) {
	body, err := c.Invoke(ctx, "f", "", []byte(`{"Details":{"Parameters":{"do":"`+what+`"}}}`))
	if err == nil {
		err = json.Unmarshal(body, &answer)
	}
	return answer, err
}

// refused expects an error of a call with a text in it, because its time was over or not.
func refused(t *testing.T, err error, late bool, text string) {
	t.Helper()
	if f, ok := errors.AsType[*lambdacall.CallError](err); !ok || f.Late != late || !strings.Contains(f.Text, text) {
		t.Errorf("got %#v, want one with %q, late: %v", err, text, late)
	}
}

// A program is started once and stays; one that dies, hangs or is written anew is replaced. What it
// writes is in the log under its name.
func TestProgram(t *testing.T) {
	t.Setenv("PARLEY_ADMIN_TOKEN", "s3cret-of-parley")
	folder := t.TempDir()
	path := self(t, folder)
	c, log := calls(t, map[string]lambdacall.Function{"f": {Program: []string{path, "-test.v"}, Environment: map[string]string{asProgram: "go"}}})
	first, err := do(t.Context(), c, "work")
	if err != nil || first.Kind != "go" || first.Do != "work" || first.Secret != "" || first.Name != "f" {
		t.Fatalf("%+v %v", first, err)
	}
	if second, _ := do(t.Context(), c, "work"); second.Pid != first.Pid {
		t.Error("the second call did not find the process of the first")
	}
	_, err = do(t.Context(), c, "fail")
	refused(t, err, false, "the function failed: ")
	if third, _ := do(t.Context(), c, "work"); third.Pid != first.Pid {
		t.Error("an error of the handler ended the process")
	}
	_, err = do(t.Context(), c, "die")
	refused(t, err, false, "Runtime.ExitError: the process ended while it handled an event (exit status 4); its output is in the log")
	fourth, err := do(t.Context(), c, "work")
	if err != nil || fourth.Pid == first.Pid {
		t.Fatalf("after its death: %+v %v", fourth, err)
	}
	begun := newLimit(t)
	go func() {
		log.await("about to hang")
		close(begun.over)
	}()
	_, err = do(begun, c, "hang")
	refused(t, err, true, "no answer within ")
	fifth, err := do(t.Context(), c, "work") // beside the one that hangs
	if err != nil || fifth.Pid == fourth.Pid {
		t.Fatalf("beside one that hangs: %+v %v", fifth, err)
	}
	later := time.Now().Add(time.Hour)
	self(t, folder)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
	sixth, err := do(t.Context(), c, "work")
	if err != nil || sixth.Pid == fifth.Pid {
		t.Errorf("after its file has changed: %+v %v", sixth, err)
	}
	for _, want := range []string{`msg="function says" function=f line="about to die"`, "function restarts, because its file has changed"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, log)
		}
	}
}

// Programs that do not exist are faults of the configuration, and those that do not start of the call.
func TestProgramThatDoesNotStart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for program, want := range map[string]string{
		"./missing": "functions.f: there is no program", folder: "is a folder, and no program", "no-such-program-anywhere": "there is no program no-such-program-anywhere",
		"ftp://example.com/x":        "there is no program ftp://example.com/x, and addresses begin with http:// or https://",
		"no-such-runtime handler.js": "there is no program no-such-runtime handler.js; arguments stand in a list: program: [no-such-runtime, handler.js]",
	} {
		if _, err := lambdacall.New(lambdacall.Config{Functions: map[string]lambdacall.Function{"f": {Program: []string{program}}}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", program, err, want)
		}
	}
	if _, err := lambdacall.New(lambdacall.Config{Functions: map[string]lambdacall.Function{"f": {}}}); err == nil {
		t.Error("a function that is nowhere has no fault")
	}
	text := filepath.Join(folder, "text")
	if err := os.WriteFile(text, []byte("no program"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, log := calls(t, map[string]lambdacall.Function{"f": {Program: []string{text}}})
	_, err := do(t.Context(), c, "work")
	refused(t, err, false, "the program cannot be started: ")
	if !strings.Contains(log.String(), "function does not start") {
		t.Error("the log does not say that it does not start")
	}
	c, log = calls(t, map[string]lambdacall.Function{"f": {Program: []string{self(t, folder)}, Environment: map[string]string{asProgram: "no start"}}})
	_, err = do(t.Context(), c, "work")
	refused(t, err, false, "the process ended (exit status 3); its output is in the log")
	if !strings.Contains(log.String(), "no licence") {
		t.Errorf("the log lacks the output:\n%s", log)
	}
}
