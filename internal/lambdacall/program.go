package lambdacall

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/runtimeapi"
)

const (
	// programTime is how long a program may work on one event before it is ended, as Lambda ends it.
	programTime = time.Minute
	// maxProcesses bounds how many processes of a program work at once.
	maxProcesses = 10
	// leaveTime is what a process gets to close its output when it is ended.
	leaveTime = time.Second
)

// program is a function that runs on this machine. As in Lambda each of its processes handles one
// event at a time and stays for the next; a call finds an idle process or starts another.
type program struct {
	line   []string // of the command
	folder string
	more   []string // further variables
	region string
	log    *slog.Logger
	ctx    context.Context //nolint:containedctx // ends with the calls

	slots   chan struct{} // one for each process that works
	working sync.WaitGroup

	mu     sync.Mutex
	idle   []*process
	closed bool
}

// process is one process of a program.
type process struct {
	api    *runtimeapi.API
	end    context.CancelFunc
	exited chan struct{}
	how    error             // of its end, once exited is closed
	stamps map[string]string // of its files, when it was started
}

// newProgram returns a program and starts its first process.
func newProgram(ctx context.Context, key string, f Function, cfg Config) (*program, error) {
	p := &program{
		line: slices.Clone(f.Program), folder: f.Folder, region: cfg.Region, ctx: ctx, slots: make(chan struct{}, maxProcesses),
		log: cfg.Log.With(slog.String("function", key)),
	}
	if !filepath.IsAbs(p.folder) {
		p.folder = filepath.Join(cfg.Folder, p.folder)
	}
	if strings.ContainsRune(p.line[0], filepath.Separator) || strings.Contains(p.line[0], "/") {
		if !filepath.IsAbs(p.line[0]) {
			p.line[0] = filepath.Join(cfg.Folder, p.line[0])
		}
	} else if found, err := exec.LookPath(p.line[0]); err == nil {
		p.line[0] = found
	}
	path, err := filepath.Abs(p.line[0])
	if err != nil {
		return nil, fmt.Errorf("finding the program: %w", err)
	}
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, missingProgram(p.line[0], f.Program)
	case err != nil:
		return nil, fmt.Errorf("looking at the program: %w", err)
	case info.IsDir():
		return nil, fmt.Errorf("%s is a folder, and no program", p.line[0])
	}
	p.line[0] = path
	for _, name := range slices.Sorted(maps.Keys(f.Environment)) {
		p.more = append(p.more, name+"="+f.Environment[name])
	}
	if first, err := p.start(arn.FunctionOf(key)); err == nil { // else the first call tells why
		p.idle = append(p.idle, first)
	} else {
		p.log.LogAttrs(ctx, slog.LevelError, "function does not start", slog.String("cause", err.Error()))
	}
	return p, nil
}

// missingProgram says that a program is not there, and what may have been meant by what was written.
func missingProgram(path string, written []string) error {
	switch fields := strings.Fields(written[0]); {
	case strings.Contains(written[0], "://"):
		return fmt.Errorf("there is no program %s, and addresses begin with http:// or https://", written[0])
	case len(written) == 1 && len(fields) > 1:
		return fmt.Errorf("there is no program %s; arguments stand in a list: program: [%s]", path, strings.Join(fields, ", "))
	}
	return fmt.Errorf("there is no program %s", path)
}

// invoke implements invoker. A process that the flow no longer waits for works on, and is idle
// afterwards.
func (p *program) invoke(ctx context.Context, called arn.Function, event []byte) (reply, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return reply{note: fmt.Sprintf("all %d processes of the program were busy", maxProcesses)}, ctx.Err()
	}
	work, err := p.take(called)
	if err != nil {
		<-p.slots
		return reply{}, err
	}
	given, err := work.api.Start(ctx, event)
	var body []byte
	if err == nil {
		body, err = given.Wait(ctx)
	}
	if ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		return reply{body: body}, p.done(work, err)
	}
	if given == nil { // it has not begun yet, and begins for the next call
		_ = p.done(work, nil)
		return reply{}, ctx.Err()
	}
	p.working.Go(func() {
		limit, cancel := context.WithTimeout(p.ctx, programTime)
		defer cancel()
		_, err := given.Wait(limit)
		_ = p.done(work, err)
	})
	return reply{}, ctx.Err()
}

// done takes a process back that has handled an event, or ends it. It returns the error as one of
// the call.
func (p *program) done(work *process, err error) error {
	defer func() { <-p.slots }()
	failed, of := errors.AsType[*runtimeapi.Error](err)
	ended := p.put(work, err == nil || of && !failed.Last)
	if !of {
		return err
	}
	text := (&functionError{failed.Type, failed.Message}).String()
	if !ended {
		return failuref("the function failed: %s", text)
	}
	<-work.exited
	return &CallError{
		Late: failed.Type == "Sandbox.Timedout",
		Text: fmt.Sprintf("the function failed: %s (%v); its output is in the log", text, work.how),
	}
}

// take returns a process for an event: an idle one that runs what the files hold now, or a new one.
func (p *program) take(called arn.Function) (*process, error) {
	now := p.stamps()
	for {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			return nil, failuref("the program is being ended")
		}
		if len(p.idle) == 0 {
			p.mu.Unlock()
			return p.start(called)
		}
		last := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		p.mu.Unlock()
		select {
		case <-last.exited: // it has ended by itself
			last.end()
			continue
		default:
		}
		if maps.Equal(last.stamps, now) {
			return last, nil
		}
		p.log.LogAttrs(p.ctx, slog.LevelInfo, "function restarts, because its file has changed")
		last.end()
	}
}

// put makes a process idle, or ends it.
func (p *program) put(work *process, good bool) (ended bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if good && !p.closed && p.ctx.Err() == nil {
		p.idle = append(p.idle, work)
		return false
	}
	work.end()
	return true
}

// start starts a process. It is ready when it asks for its first event.
func (p *program) start(called arn.Function) (*process, error) {
	ctx, cancel := context.WithCancel(p.ctx)
	work := &process{end: cancel, exited: make(chan struct{}), stamps: p.stamps()}
	region := cmp.Or(called.Region, p.region, "us-east-1")
	var err error
	work.api, err = runtimeapi.Listen(ctx, runtimeapi.Config{
		Timeout: programTime, Exited: work.exited, TimedOut: cancel,
		ARN: "arn:aws:lambda:" + region + ":000000000000:function:" + called.Name,
	})
	if err != nil {
		cancel()
		return nil, failuref("the program cannot be started: %v", err)
	}
	cmd := exec.CommandContext(ctx, p.line[0], p.line[1:]...)
	cmd.Dir, cmd.WaitDelay = p.folder, leaveTime
	cmd.Env = append(cmd.Environ(), "AWS_LAMBDA_FUNCTION_NAME="+called.Name, "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128", "AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/"+called.Name, "AWS_LAMBDA_LOG_STREAM_NAME=local",
		"LAMBDA_TASK_ROOT="+p.folder)
	cmd.Env = slices.DeleteFunc(cmd.Env, func(pair string) bool { return strings.HasPrefix(pair, "PARLEY_") }) // tokens among them
	if os.Getenv("AWS_REGION") == "" {
		cmd.Env = append(cmd.Env, "AWS_REGION="+region)
	}
	cmd.Env = append(append(cmd.Env, p.more...), work.api.Environ())
	own(cmd)
	out := &lines{log: p.log, ctx: p.ctx}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, errors.Join(failuref("the program cannot be started: %v", err), work.api.Close())
	}
	p.working.Go(func() {
		work.how = cmd.Wait()
		out.end()
		close(work.exited)
		cancel()
		_ = work.api.Close() // its one caller is gone
	})
	return work, nil
}

// stamps tell one version of the files of the command line from another.
func (p *program) stamps() map[string]string {
	found := map[string]string{}
	for _, word := range p.line {
		if !filepath.IsAbs(word) {
			word = filepath.Join(p.folder, word)
		}
		if info, err := os.Stat(word); err == nil && info.Mode().IsRegular() {
			found[word] = fmt.Sprint(info.Size(), info.ModTime().UnixNano())
		}
	}
	return found
}

// close ends all processes, which the end of the context has told to.
func (p *program) close() {
	p.mu.Lock()
	p.closed = true
	for _, work := range p.idle {
		work.end()
	}
	p.idle = nil
	p.mu.Unlock()
	p.working.Wait()
}
