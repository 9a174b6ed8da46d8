package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lab is what all peers share: the programs built for the run, the fake Amazon
// Connect, and the cores.
type lab struct {
	say func(format string, args ...any)
	dir string
	// built is a Parley that was built elsewhere, or "".
	built string
	// pinned says whether the peers have core 0 to themselves.
	pinned bool
	// signed and open are the fake endpoint's addresses with and without checks.
	signed, open string
	fake         *process
	node         string
}

// fakeAWS is the name of the fake endpoint's program.
const fakeAWS = "fakeaws"

// Credentials of the fake account; they open nothing.
const (
	keyID  = "AKIAIOSFODNN7EXAMPLE"
	secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	region = "us-east-1"
)

// prepare builds the programs that the peers need and starts the fake endpoint.
func prepare(ctx context.Context, dir string, o options, say func(string, ...any)) (*lab, error) {
	l := &lab{say: say, dir: dir, built: o.parley}
	needed := map[string]bool{
		fakeAWS: true, forwarder: wanted(o.only, forwarder),
		parley: o.parley == "" && (wanted(o.only, parley) || wanted(o.only, parleyLog)),
	}
	for _, p := range []struct{ name, pkg string }{
		{parley, "./cmd/parley"}, {forwarder, "./bench/forwarder"}, {fakeAWS, "./bench/fakeaws"},
	} {
		if !needed[p.name] {
			continue
		}
		if err := l.build(ctx, p.name, p.pkg); err != nil {
			return nil, err
		}
	}
	l.pin(ctx)
	fake, err := l.start(ctx, 1, l.environment(), l.program(fakeAWS))
	if err != nil {
		return nil, err
	}
	l.fake = fake
	lines := bufio.NewReader(fake.stdout)
	for _, address := range []*string{&l.signed, &l.open} {
		line, err := lines.ReadString('\n')
		if err != nil {
			l.close()
			return nil, fmt.Errorf("waiting for the fake endpoint: %w", err)
		}
		*address = strings.TrimSpace(line)
	}
	unsigned := peer{name: fakeAWS, request: request{method: http.MethodPut, path: "/contact/chat"}, address: strings.TrimPrefix(l.signed, "http://")}
	if _, err := unsigned.ask(ctx); err == nil {
		l.close()
		return nil, errors.New("the fake endpoint accepts a request without a signature")
	}
	if wanted(o.only, node) {
		l.node = l.installNode(ctx)
	}
	return l, nil
}

// build builds one of the programs.
func (l *lab) build(ctx context.Context, name, pkg string) error {
	l.say("building %s", pkg)
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", l.program(name), pkg)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", pkg, err, out)
	}
	return nil
}

func (l *lab) program(name string) string {
	if name == parley && l.built != "" {
		return l.built
	}
	return filepath.Join(l.dir, name)
}

func (l *lab) close() {
	if l.fake != nil {
		l.fake.stop()
	}
}

// environment is what every program gets: nothing of the user's own AWS set-up,
// and a home of its own.
func (l *lab) environment(more ...string) []string {
	return append([]string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + l.dir, "XDG_STATE_HOME=" + l.dir, "XDG_CONFIG_HOME=" + l.dir, "XDG_CACHE_HOME=" + l.dir,
		"TMPDIR=" + l.dir,
		"NODE_ENV=production",
		"AWS_REGION=" + region, "AWS_ACCESS_KEY_ID=" + keyID, "AWS_SECRET_ACCESS_KEY=" + secret,
		"AWS_EC2_METADATA_DISABLED=true",
	}, more...)
}

// pin moves this process, which makes the load, to core 1 and leaves core 0 to the
// peers, where the machine can do that.
func (l *lab) pin(ctx context.Context) {
	if _, err := exec.LookPath("taskset"); err != nil || runtime.NumCPU() < 2 {
		l.say("not pinning to cores: needs two cores and taskset")
		return
	}
	if err := exec.CommandContext(ctx, "taskset", "-a", "-p", "-c", "1", strconv.Itoa(os.Getpid())).Run(); err != nil {
		l.say("not pinning to cores: %v", err)
		return
	}
	runtime.GOMAXPROCS(1)
	l.pinned = true
}

// run runs a command of the set-up.
func (l *lab) run(ctx context.Context, env []string, argv ...string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("running %s: %w\n%s", strings.Join(argv, " "), err, out)
	}
	return nil
}

// installNode returns the Node program, or "" when the Node peer cannot run.
func (l *lab) installNode(ctx context.Context) string {
	node, err := l.install(ctx, nodePeer, filepath.Join("@aws-sdk", "client-connect"))
	if err != nil {
		l.say("skipping the Node peer: %v", err)
	}
	return node
}

// install installs the packages of a Node program, unless the one named is there, and returns
// Node itself.
func (l *lab) install(ctx context.Context, dir, pkg string) (string, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return "", fmt.Errorf("looking for node: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", pkg)); err == nil {
		return node, nil
	}
	l.say("installing %s (npm ci)", dir)
	npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	npm.Dir = dir
	if out, err := npm.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	return node, nil
}

// nodeVersion is what Node says it is, or "" without the Node peer.
func (l *lab) nodeVersion(ctx context.Context) string {
	if l.node == "" {
		return ""
	}
	out, err := exec.CommandContext(ctx, l.node, "--version").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// process is a program that the benchmark started.
type process struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout io.Reader
	log    string
}

// start runs a program on the given core. It ends at the latest with ctx. Its
// standard error goes to a file; its standard input stays open as long as the
// benchmark runs, so that a program can tell when that has gone.
func (l *lab) start(ctx context.Context, core int, env []string, argv ...string) (*process, error) {
	name := filepath.Base(argv[0])
	if l.pinned {
		argv = append([]string{"taskset", "-c", strconv.Itoa(core)}, argv...)
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = env
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 3 * time.Second
	log, err := os.CreateTemp(l.dir, name+"-*.log")
	if err != nil {
		return nil, fmt.Errorf("making a log for %s: %w", name, err)
	}
	defer func() { _ = log.Close() }()
	cmd.Stderr = log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	cmd.Stdout = write
	err = cmd.Start()
	_ = write.Close()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", name, err), read.Close())
	}
	return &process{cmd: cmd, stdin: stdin, stdout: read, log: log.Name()}, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// stop ends the program, politely first, and waits for it.
func (p *process) stop() {
	_ = p.stdin.Close()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(3*time.Second, func() { _ = p.cmd.Process.Kill() })
	_ = p.cmd.Wait()
	kill.Stop()
}

// complaint returns the end of what the program wrote to standard error.
func (p *process) complaint() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return ""
	}
	return string(text[max(0, len(text)-2000):])
}
