// Package gateway is what stands around a Lambda function in AWS, for tests on one machine:
// the Runtime API that starts a program and gives it events ([Function]), and the gateways
// that turn HTTP requests into events and answers into HTTP ([Gateway]).
//
// The program is the real one, built as for a deployment, in its own process. What the package
// knows of AWS is what AWS documents; it shares no code with the function's own decoding of
// events, and takes the shapes of events from aws-lambda-go.
package gateway

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/runtimeapi"
)

// Config says which program a [Function] runs, and how.
type Config struct {
	// Program is the path of the bootstrap.
	Program string
	// Env is its whole environment beside what Lambda sets, as NAME=value.
	Env []string
	// Timeout is how long an invocation may take; zero means 10 s.
	Timeout time.Duration
}

// Function is a program under the Runtime API. It is safe for concurrent use.
type Function struct {
	api    *runtimeapi.API
	cmd    *exec.Cmd
	output string // the file of what the process prints
	exited chan struct{}
}

// Start starts the program. It ends with the test.
func Start(tb testing.TB, config Config) *Function {
	tb.Helper()
	f := &Function{exited: make(chan struct{})}
	var err error
	f.api, err = runtimeapi.Listen(tb.Context(), runtimeapi.Config{Timeout: config.Timeout, Exited: f.exited, TimedOut: func() {
		f.Kill()
		<-f.exited
	}})
	if err != nil {
		tb.Fatal(err)
	}
	f.cmd = exec.CommandContext(context.Background(), config.Program)
	f.cmd.Env = append([]string{
		f.api.Environ(),
		"AWS_LAMBDA_FUNCTION_NAME=startchat", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256", "AWS_LAMBDA_LOG_FORMAT=JSON",
		"AWS_EC2_METADATA_DISABLED=true", "TZ=:UTC",
	}, config.Env...)
	// A file, because what stands in a pipe when an answer has come may not have been read yet.
	f.output = filepath.Join(tb.TempDir(), "output")
	output, err := os.Create(f.output)
	if err != nil {
		tb.Fatalf("making a file for the function's output: %v", err)
	}
	f.cmd.Stdout, f.cmd.Stderr = output, output
	err = f.cmd.Start()
	if err := errors.Join(err, output.Close()); err != nil {
		tb.Fatalf("starting the function: %v", err)
	}
	go func() {
		_ = f.cmd.Wait() // ExitCode tells how it ended
		close(f.exited)
	}()
	tb.Cleanup(func() {
		f.Kill()
		<-f.exited
		if err := f.api.Close(); err != nil {
			tb.Error(err)
		}
		if tb.Failed() {
			text := f.Output()
			tb.Logf("the function's output ends:\n%s", text[max(0, len(text)-4000):])
		}
	})
	return f
}

// Kill ends the process the way Lambda does. That it has ended by itself is no matter.
func (f *Function) Kill() { _ = f.cmd.Process.Kill() }

// Ready returns when the function asks for its first event, or with the reason why it will
// not.
func (f *Function) Ready(ctx context.Context) error {
	_, err := f.api.Ready(ctx)
	return err
}

// Exited returns a channel that is closed when the process has ended.
func (f *Function) Exited() <-chan struct{} { return f.exited }

// ExitCode returns the exit code of a process that has ended.
func (f *Function) ExitCode() int { return f.cmd.ProcessState.ExitCode() }

// PID returns the process's id.
func (f *Function) PID() int { return f.cmd.Process.Pid }

// Output returns everything the process has printed so far, all of what it printed before an
// answer included.
func (f *Function) Output() string {
	text, err := os.ReadFile(f.output)
	if err != nil {
		panic(err) // it was there when the process was started
	}
	return string(text)
}

// Invoke has the function handle one event. The error is a [*runtimeapi.Error] when the function
// failed, ended or took too long; in the last case the process is killed.
func (f *Function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	return f.api.Invoke(ctx, payload)
}
