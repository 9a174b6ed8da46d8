package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// turnsEach is how many turns a scenario has, and a chat through the server that it is compared with.
const turnsEach = 20

// scenarioText is menuFlow's scenario of so many turns, as many times over as chats are compared.
func scenarioText(scenarios int) []byte {
	var b bytes.Buffer
	for n := range scenarios {
		fmt.Fprintf(&b, "---\nscenario: Twenty turns, %d\nflow: Bench\nsteps:\n  - expect: Hello!\n", n)
		b.WriteString(strings.Repeat("  - choose: orders\n  - expect: You chose orders.\n", turnsEach))
	}
	return b.Bytes()
}

// measureScenarios compares the processor time of a scenario, from its file to its verdict, with that of
// the same turns through a server and its sockets: the server's, and that of the client at the other end.
func (l *lab) measureScenarios(ctx context.Context, r *embeddedResult) error {
	if r.scenarios == 0 {
		return nil
	}
	dir, err := l.emptyDir()
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	content := strings.Replace(menuFlow, `"StartAction"`, `"Metadata":{"name":"Bench"},"StartAction"`, 1)
	for name, text := range map[string][]byte{"bench.json": []byte(content), "bench.scenario.yaml": scenarioText(r.scenarios)} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return fmt.Errorf("writing a scenario: %w", err)
		}
	}
	return l.withWeighed(ctx, nil, func(p *peer, flow string) error {
		for round := range r.rounds {
			alone, err := l.played(ctx, dir, r.scenarios)
			if err != nil {
				return err
			}
			served, driven, err := spoken(ctx, p, flow, r.scenarios)
			if err != nil {
				return err
			}
			r.played, r.spoken, r.driven = append(r.played, inMilliseconds(alone)), append(r.spoken, inMilliseconds(served)), append(r.driven, inMilliseconds(driven))
			l.say("round %d/%d  scenarios  CPU of %d turns %8s alone, %8s of the server and %8s of its client", round+1, r.rounds, turnsEach,
				milliseconds(alone), milliseconds(served), milliseconds(driven))
		}
		return nil
	})
}

// played is the processor time of one scenario of a folder, the program's start included in equal parts.
func (l *lab) played(ctx context.Context, dir string, scenarios int) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, l.program(parley), "flow", "test", dir, "-o", "tap")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("running scenarios: %w: %.500s", err, out)
	}
	return (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()) / time.Duration(scenarios), nil
}

// spoken is the processor time of one chat with as many turns, from its start: the server's, and that of the
// client, which is this process.
func spoken(ctx context.Context, p *peer, flow string, chats int) (server, client time.Duration, err error) {
	before, own := cpuTime(p.pid()), cpuTime(os.Getpid())
	all := talks(chats, talk{said: choice, kind: interactiveResponse, last: interactive})
	rooms, err := openRooms(ctx, p, opening{chats, 1, func(room, _ int) func([]byte) { return all[room].hear }, flow})
	if err != nil {
		return 0, 0, err
	}
	defer rooms.close()
	ctx, cancel := context.WithTimeout(ctx, time.Duration(chats)*patience)
	defer cancel()
	c, err := dial(ctx, p.address)
	if err != nil {
		return 0, 0, err
	}
	defer c.close()
	for i, t := range all {
		t.room = rooms.each[i]
		for turn := range turnsEach + 1 {
			if turn > 0 {
				if err := c.exchange(t.room.say(p.address, t.kind, t.said), nil); err != nil {
					return 0, 0, err
				}
			}
			if _, err := t.answer(ctx); err != nil {
				return 0, 0, err
			}
		}
	}
	return (cpuTime(p.pid()) - before) / time.Duration(chats), (cpuTime(os.Getpid()) - own) / time.Duration(chats), nil
}
