// Package program builds this project's programs for tests and measurements of the built binary.
package program

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

const module = "github.com/parley-chat/parley"

// WithServer builds the server's program, unless E2E_BINARY names one that is built, and returns
// what run returns for its path. It is for TestMain: what goes wrong is printed, and the exit
// code is 1 then.
func WithServer(run func(path string) int) (code int) {
	if path := os.Getenv("E2E_BINARY"); path != "" {
		return run(path)
	}
	return with("parley", func(ctx context.Context, path string) error { return build(ctx, nil, "-o", path, module+"/cmd/parley") }, run)
}

// WithFunction is [WithServer] for the program of the production function, which it always
// builds.
func WithFunction(run func(path string) int) (code int) {
	return with("bootstrap", func(ctx context.Context, path string) error { return Function(ctx, path) }, run)
}

// Function builds the program of the production function as `make dist` does, for this machine
// or for the one that env names with GOOS and GOARCH.
func Function(ctx context.Context, path string, env ...string) error {
	return build(ctx, append(env, "CGO_ENABLED=0"),
		"-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w -buildid=", "-o", path, module+"/cmd/parley-lambda")
}

// Other builds another program: the package, in the module that the folder belongs to.
func Other(ctx context.Context, folder, path, pkg string) error {
	return build(ctx, nil, "-C", folder, "-o", path, pkg)
}

func with(name string, build func(ctx context.Context, path string) error, run func(path string) int) (code int) {
	dir, err := os.MkdirTemp("", "parley-"+name+"-")
	if err == nil {
		path := filepath.Join(dir, name)
		if err = build(context.Background(), path); err == nil {
			code = run(path)
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func build(ctx context.Context, env []string, args ...string) error {
	command := exec.CommandContext(ctx, "go", append([]string{"build"}, args...)...)
	command.Env = append(os.Environ(), env...)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", args[len(args)-1], err, out)
	}
	return nil
}
