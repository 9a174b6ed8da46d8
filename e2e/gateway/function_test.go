//go:build unix

package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/gateway"
	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/runtimeapi"
)

// patience bounds everything that is waited for.
const patience = 60 * time.Second

// logLine is what the tests read of a line of the function's log.
type logLine struct {
	Timestamp, Level, Message, Reason string
	RequestID                         string `json:"requestId"`
	GatewayRequestID                  string `json:"gateway_request_id"`
	ContactID                         string `json:"contact_id"`
	Cold                              bool
}

// lines returns the log of a function; each line has to be a JSON object.
func lines(t *testing.T, f *gateway.Function) []logLine {
	t.Helper()
	var all []logLine
	for text := range strings.Lines(f.Output()) {
		var line logLine
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("the log has a line that is no JSON: %q: %v", text, err)
		}
		all = append(all, line)
	}
	return all
}

// The first and the second invocation of a process: one log line each, which names both
// requests, and calls that are signed with the function's credentials.
func TestRuntime(t *testing.T) {
	t.Parallel()
	aws := awsfake.Start(t, awsfake.Config{SessionToken: "session"})
	s := open(t, aws, 0)
	var ids []string
	for i := range 2 {
		got := s.call(t, gateway.RESTAPI, from(shop, `{"ParticipantDetails":{"DisplayName":"Pat"}}`))
		if got.status != http.StatusOK {
			t.Fatalf("answer %d %s", got.status, got.body)
		}
		// Lambda freezes the process after its answer: the line has to be out by then.
		if n := len(lines(t, s.function)); n != i+1 {
			t.Errorf("after answer %d the log has %d lines", i+1, n)
		}
		ids = append(ids, got.header.Get("X-Amzn-Requestid"))
	}
	log := lines(t, s.function)
	if len(log) != 2 {
		t.Fatalf("the log is %s", s.function.Output())
	}
	for i, line := range log {
		if line.Message != "chat started" || line.Level != "INFO" || line.Timestamp == "" || line.ContactID == "" ||
			line.RequestID == "" || line.Cold != (i == 0) {
			t.Errorf("line %d is %+v", i, line)
		}
		if line.GatewayRequestID == "" || ids[i] == "" {
			t.Errorf("line %d does not name the gateway's request: %+v, %q", i, line, ids[i])
		}
	}
	for _, call := range aws.Requests() {
		if !call.Accepted || call.Operation != "StartChatContact" || call.Header.Get("X-Amz-Security-Token") != "session" ||
			!strings.Contains(call.Header.Get("User-Agent"), "parley-lambda/") {
			t.Errorf("call %+v", call)
		}
	}
	if resident := residentBytes(t, s.function.PID()); resident > 25<<20 {
		t.Errorf("the function takes %d MiB", resident>>20)
	}
}

// residentBytes returns the most memory a process has had so far; zero where the system does
// not tell.
func residentBytes(t *testing.T, pid int) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		t.Fatalf("no VmHWM in %s", status)
	}
	kilobytes, err := strconv.ParseInt(string(found[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}

// A slow Amazon Connect leads to an answer before Lambda would kill the function, and the
// function goes on. Half a second is kept for the answer, which a machine that is busy with
// something else may miss: then it is tried again, with a new function.
func TestDeadline(t *testing.T) {
	t.Parallel()
	const tries = 5
	aws := awsfake.Start(t)
	for _, kind := range gateway.Kinds()[:2] {
		for try := 1; ; try++ {
			s := open(t, aws, 1500*time.Millisecond)
			aws.Script(awsfake.Step{Hang: true})
			began := time.Now()
			got := s.call(t, kind, from(shop, "{}"))
			if took := time.Since(began); took < 500*time.Millisecond {
				t.Errorf("%s: given up after %s already", kind, took)
			}
			next := s.call(t, kind, from(shop, "{}"))
			if s.killed() && try < tries {
				continue
			}
			if got.status != http.StatusGatewayTimeout || !strings.Contains(got.body, `"statusCode":504`) || got.header.Get("Access-Control-Allow-Origin") != shop {
				t.Errorf("%s: answer %d %v %s", kind, got.status, got.header, got.body)
			}
			if next.status != http.StatusOK {
				t.Errorf("%s: the function does not go on: %d %s", kind, next.status, next.body)
			}
			if s.killed() {
				t.Errorf("%s: the function was killed, %d times", kind, try)
			}
			break
		}
	}
}

// killed reports whether the function is gone.
func (s *site) killed() bool {
	select {
	case <-s.function.Exited():
		return true
	default:
		return false
	}
}

// A configuration that cannot work ends the init with one sentence that names every variable
// at fault: in the log, and where Lambda shows the reason.
func TestInitError(t *testing.T) {
	t.Parallel()
	aws := awsfake.Start(t)
	tests := map[string]struct {
		env  []string
		want []string
	}{
		"nothing set": {[]string{}, []string{"INSTANCE_ID", "CONTACT_FLOW_ID", "ALLOWED_ORIGINS"}},
		"several wrong": {
			[]string{
				"INSTANCE_ID=" + instanceID, "CONTACT_FLOW_ID=" + flowID, "ALLOWED_ORIGINS=https://shop.example/path", "AUTH_MODE=hs256",
				"MAX_CHAT_DURATION=5", "ATTRIBUTE_OTHERS=maybe", "PARLEY_ORIGNS=x",
			},
			[]string{"ALLOWED_ORIGINS", "JWT_KEY_ARN", "MAX_CHAT_DURATION", "ATTRIBUTE_OTHERS", "PARLEY_ORIGNS"},
		},
		"token without issuer": {
			[]string{"INSTANCE_ID=" + instanceID, "CONTACT_FLOW_ID=" + flowID, "ALLOWED_ORIGINS=" + shop, "AUTH_MODE=oidc", "PERSISTENT_CHAT=signed"},
			[]string{"AUTH_MODE", "JWT_ISSUER", "JWT_AUDIENCE", "PERSISTENT_CHAT"},
		},
		"everybody": {
			[]string{"INSTANCE_ID=" + instanceID, "CONTACT_FLOW_ID=" + flowID, "ALLOWED_ORIGINS=*"}, []string{"ALLOWED_ORIGINS"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := gateway.Start(t, gateway.Config{Program: bootstrap, Env: append(aws.Environ(), tt.env...)})
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			err := f.Ready(ctx)
			failed, ok := errors.AsType[*runtimeapi.Error](err)
			if !ok || failed.Type != "Runtime.InvalidConfiguration" {
				t.Fatalf("the init ended with %v", err)
			}
			for _, variable := range tt.want {
				if !strings.Contains(failed.Message, variable) {
					t.Errorf("the reason does not name %s: %s", variable, failed.Message)
				}
			}
			if strings.ContainsAny(failed.Message, "\n\r") || strings.Contains(failed.Message, "--") {
				t.Errorf("the reason is not one sentence for a function's owner: %q", failed.Message)
			}
			select {
			case <-f.Exited():
			case <-ctx.Done():
				t.Fatal("the process goes on")
			}
			log := lines(t, f)
			if f.ExitCode() != 1 || len(log) != 1 || log[0].Reason != failed.Message || log[0].Level != "ERROR" {
				t.Errorf("exit code %d, log %s", f.ExitCode(), f.Output())
			}
		})
	}
}

// What is no HTTP request fails the invocation, with a reason, and nothing else.
func TestNotARequest(t *testing.T) {
	t.Parallel()
	s := open(t, awsfake.Start(t), 0)
	for _, payload := range []string{`{"source":"aws.events","detail":{}}`, `{"key1":"value1"}`, `[]`} {
		_, err := s.function.Invoke(t.Context(), []byte(payload))
		failed, ok := errors.AsType[*runtimeapi.Error](err)
		if !ok || failed.Type != "EventError" || !strings.Contains(failed.Message, "not an HTTP request") {
			t.Errorf("%s: error %v", payload, err)
		}
	}
	if got := s.call(t, gateway.FunctionURL, from(shop, "{}")); got.status != http.StatusOK {
		t.Errorf("the function does not go on: %d %s", got.status, got.body)
	}
	// The library that runs the function logs a failure after it has reported it, and before it
	// asks for the next event: three lines of its own, and one of the chat.
	if log := lines(t, s.function); len(log) != 4 || log[3].Message != "chat started" {
		t.Errorf("the log is %s", s.function.Output())
	}
}

// The binary is what a deployment ships: nothing of this machine is in it.
func TestBinaryHoldsNoPaths(t *testing.T) {
	t.Parallel()
	program, err := os.ReadFile(bootstrap)
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(program, []byte(strings.TrimSuffix(here, "/e2e/gateway"))) {
		t.Error("the binary holds the path it was built in")
	}
	if len(program) > 16<<20 {
		t.Errorf("the binary has %d MiB", len(program)>>20)
	}
}
