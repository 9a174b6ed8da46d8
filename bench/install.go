package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// installed is a peer as its users install it: a set-up that fills an empty folder from npm's cache,
// and the command that starts it there.
type installed struct {
	name string
	// fill puts the files of a project into a folder; npm are the arguments of npm there.
	fill func(folder string) error
	npm  []string
	argv func(folder string) func(address string) []string
	env  []string
}

// measureInstalls measures the time from an empty folder to the first answered chat, for both
// peers in turn: npm installs what is in its cache, without a network, and the peer starts. The
// first of each fills the cache and is not counted.
func (l *lab) measureInstalls(ctx context.Context, r *result) error {
	if l.node == "" || !wanted(r.options.only, parley) || !wanted(r.options.only, node) {
		return nil
	}
	both, err := l.installs(ctx)
	if err != nil {
		return err
	}
	for i := range r.options.starts + 1 {
		l.say("installation %d/%d", i, r.options.starts)
		for _, each := range both {
			took, err := l.installAndStart(ctx, each, i > 0)
			if err != nil {
				return err
			}
			if i > 0 {
				r.installs[each.name] = append(r.installs[each.name], took)
			}
		}
	}
	return nil
}

// installs packs Parley's packages for this machine and returns both peers.
func (l *lab) installs(ctx context.Context) ([]installed, error) {
	packed := filepath.Join(l.dir, "packed")
	if err := os.MkdirAll(packed, 0o755); err != nil {
		return nil, fmt.Errorf("making a folder for the packages: %w", err)
	}
	platform, err := l.output(ctx, l.node, "-p", "process.platform + '-' + process.arch")
	if err != nil {
		return nil, err
	}
	system, err := l.output(ctx, "go", "env", "GOOS", "GOARCH")
	if err != nil {
		return nil, err
	}
	program, err := os.ReadFile(l.program(parley))
	if err != nil {
		return nil, fmt.Errorf("reading the program to pack: %w", err)
	}
	name := "parley-" + strings.Join(strings.Fields(system), "-")
	if err := os.WriteFile(filepath.Join(packed, name), program, 0o755); err != nil {
		return nil, fmt.Errorf("copying the program to pack: %w", err)
	}
	if err := l.run(ctx, nil, "go", "run", "./deploy/release", "-npm", "-version", "v0.0.1", "-in", packed, "-out", packed); err != nil {
		return nil, err
	}
	tarball := func(name string) string { return "file:" + filepath.Join(packed, "npm", name+"-0.0.1.tgz") }
	peer, err := filepath.Abs(nodePeer)
	if err != nil {
		return nil, fmt.Errorf("finding the Node peer: %w", err)
	}
	return []installed{
		{
			name: parley, npm: []string{"install"},
			fill: func(folder string) error {
				project, err := json.Marshal(map[string]any{
					"private": true, "dependencies": map[string]string{"parley-chat": tarball("parley-chat")},
					"overrides": map[string]string{"@parley-chat/" + platform: tarball("parley-chat-" + platform)},
				})
				if err != nil {
					return err
				}
				return os.WriteFile(filepath.Join(folder, "package.json"), project, 0o644)
			},
			argv: func(folder string) func(string) []string {
				return func(address string) []string {
					command := l.parley("--log-level", "warn")(address)
					return append([]string{filepath.Join(folder, "node_modules", ".bin", "parley-chat")}, command[1:]...)
				}
			},
		},
		{
			name: node, npm: []string{"ci"},
			fill: func(folder string) error {
				for _, name := range []string{"package.json", "package-lock.json", "server.js"} {
					text, err := os.ReadFile(filepath.Join(peer, name))
					if err != nil {
						return err
					}
					if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
						return err
					}
				}
				return nil
			},
			argv: func(folder string) func(string) []string {
				return func(string) []string { return []string{l.node, filepath.Join(folder, "server.js")} }
			},
			env: []string{"ENDPOINT=" + l.signed},
		},
	}, nil
}

// installAndStart takes one peer from an empty folder to its first answer.
func (l *lab) installAndStart(ctx context.Context, each installed, offline bool) (time.Duration, error) {
	folder, err := os.MkdirTemp(l.dir, "project-")
	if err != nil {
		return 0, fmt.Errorf("making an empty folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if err := each.fill(folder); err != nil {
		return 0, fmt.Errorf("filling the folder of %s: %w", each.name, err)
	}
	npm := append([]string{"npm", "--prefix", folder}, each.npm...)
	npm = append(npm, "--ignore-scripts", "--no-audit", "--no-fund", "--cache", filepath.Join(l.dir, "npm-cache"))
	if offline {
		npm = append(npm, "--offline")
	}
	begin := time.Now()
	if err := l.run(ctx, nil, npm...); err != nil {
		return 0, err
	}
	prepared := time.Since(begin)
	p := &peer{
		name: each.name, request: request{method: "POST", path: widgetPath, origin: "http://localhost:3000"}, signs: true,
		argv: each.argv(folder), env: each.env,
	}
	defer p.halt()
	answered, err := l.launch(ctx, p)
	return prepared + answered, err
}

// output runs a command of the set-up and returns what it says.
func (l *lab) output(ctx context.Context, argv ...string) (string, error) {
	out, err := exec.CommandContext(ctx, argv[0], argv[1:]...).Output()
	if err != nil {
		return "", fmt.Errorf("running %s: %w", strings.Join(argv, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}
