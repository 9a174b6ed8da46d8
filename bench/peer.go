package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"
)

// Names of the peers, as -only takes them.
const (
	direct    = "direct"
	forwarder = "forwarder"
	parley    = "parley"
	parleyLog = "parley-log"
	node      = "node"
)

// nodePeer is where the Node program and its pinned packages are.
var nodePeer = filepath.Join("bench", "node-peer") //nolint:gochecknoglobals // a constant that needs filepath.Join

// widgetPath is where widgets post to.
const widgetPath = "/startChatContact"

// peer is one way to get a chat started.
type peer struct {
	name, what string
	request    request
	// argv and env start its program at an address of 127.0.0.1; nil means that
	// the peer is the fake endpoint itself.
	argv func(address string) []string
	env  []string
	// signs says that every answer is a chat of the endpoint that verifies signatures.
	signs bool
	// ready is a path that answers 200 once the program is ready, to be asked instead of
	// starting a chat.
	ready string
	// installed is the file or folder of its installation, and size its bytes.
	installed string
	size      int64

	process *process
	address string
}

// peers returns the peers that were asked for and can run here.
func (l *lab) peers(only []string) ([]*peer, error) {
	widget := request{method: http.MethodPost, path: widgetPath, origin: "http://localhost:3000"}
	all := []*peer{
		{
			name: direct, what: "the load straight on the fake endpoint, unsigned: the physical limit",
			request: request{method: http.MethodPut, path: "/contact/chat"},
			address: strings.TrimPrefix(l.open, "http://"),
		},
		{
			name: forwarder, what: "a bare net/http forwarder: nothing decoded, checked or signed",
			request: widget, installed: l.program(forwarder),
			argv: func(address string) []string {
				return []string{l.program(forwarder), address, l.open + "/contact/chat"}
			},
		},
		{
			name: parley, what: "`parley serve --upstream aws --log-level warn`: the inspector's record on, as by default; no line for each chat, as the Node peer writes none",
			request: widget, installed: l.program(parley), signs: true, argv: l.parley("--log-level", "warn"),
		},
		{
			name: parleyLog, what: "the same with the default log, one line of JSON for each chat, into a file",
			request: widget, installed: l.program(parley), signs: true, argv: l.parley(),
		},
	}
	if l.node != "" {
		all = append(all, &peer{
			name: node, what: "Express 4, cors and @aws-sdk/client-connect (bench/node-peer)", request: widget,
			installed: filepath.Join(nodePeer, "node_modules"), signs: true,
			argv: func(string) []string { return []string{l.node, filepath.Join(nodePeer, "server.js")} },
			env:  []string{"ENDPOINT=" + l.signed},
		})
	}
	var chosen []*peer
	for _, p := range all {
		if !wanted(only, p.name) {
			continue
		}
		if p.installed != "" {
			size, err := diskSize(p.installed)
			if err != nil {
				return nil, err
			}
			p.size = size
		}
		chosen = append(chosen, p)
	}
	if len(chosen) == 0 {
		return nil, errors.New("no peer can run here")
	}
	return chosen, nil
}

// parley returns the command line of a Parley that calls the fake endpoint.
func (l *lab) parley(more ...string) func(address string) []string {
	return func(address string) []string {
		return append([]string{
			l.program(parley), "serve", "--upstream", "aws", "--endpoint-url", l.signed,
			"--addr", address, "--max-chats", "0", "--end-on-exit=false",
		}, more...)
	}
}

// launch starts a peer's program, waits for its first correct answer and returns
// how long that took, from before the program was started.
func (l *lab) launch(ctx context.Context, p *peer) (time.Duration, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return 0, err
	}
	_, port, _ := net.SplitHostPort(address)
	begin := time.Now()
	process, err := l.start(ctx, 0, l.environment(append(p.env, "PORT="+port)...), p.argv(address)...)
	if err != nil {
		return 0, err
	}
	p.process, p.address = process, address

	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		err := p.answers(ctx)
		if err == nil {
			return time.Since(begin), nil
		}
		if ctx.Err() != nil {
			p.halt()
			return 0, fmt.Errorf("waiting for the first answer of %s: %w\n%s", p.name, err, process.complaint())
		}
		pause(ctx, 200*time.Microsecond)
	}
}

// answers makes one request and reports whether the answer was right.
func (p *peer) answers(ctx context.Context) error {
	if p.ready == "" {
		_, err := p.ask(ctx)
		return err
	}
	_, err := p.get(ctx, p.ready)
	return err
}

// get reads a path on a connection of its own.
func (p *peer) get(ctx context.Context, path string) ([]byte, error) {
	c, err := dial(ctx, p.address)
	if err != nil {
		return nil, err
	}
	defer c.close()
	var body bytes.Buffer
	err = c.exchange([]byte("GET "+path+" HTTP/1.1\r\nHost: "+p.address+"\r\n\r\n"), &body)
	return body.Bytes(), err
}

// halt ends the peer's program.
func (p *peer) halt() {
	if p.process != nil {
		p.process.stop()
		p.process = nil
	}
}

// pid is the process whose costs are the peer's; zero when it has none of its own.
func (p *peer) pid() int {
	if p.process == nil {
		return 0
	}
	return p.process.pid()
}

// check asks for two chats and refuses answers that are not right: no ids, or the
// same ids twice from a peer that asks the real endpoint.
func (p *peer) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var ids [2]string
	for i := range ids {
		id, err := p.ask(ctx)
		if err != nil {
			return fmt.Errorf("checking %s: %w", p.name, err)
		}
		ids[i] = id
	}
	if p.signs && ids[0] == ids[1] {
		return fmt.Errorf("checking %s: two requests gave one contact, %s", p.name, ids[0])
	}
	return nil
}

// ask makes one request on a connection of its own and returns the contact's id.
func (p *peer) ask(ctx context.Context) (string, error) {
	c, err := dial(ctx, p.address)
	if err != nil {
		return "", err
	}
	defer c.close()
	var body bytes.Buffer
	if err := c.exchange(p.request.bytes(p.address), &body); err != nil {
		return "", fmt.Errorf("%w: %s", err, body.Bytes())
	}
	type started struct{ ContactID, ParticipantID, ParticipantToken string }
	var answer struct {
		started
		Data struct{ StartChatResult started }
	}
	if err := json.Unmarshal(body.Bytes(), &answer); err != nil {
		return "", fmt.Errorf("decoding the answer: %w", err)
	}
	s := answer.Data.StartChatResult
	if p.request.path != widgetPath || s == (started{}) {
		s = answer.started // the limits pass the bare AWS answer on
	}
	if s.ContactID == "" || s.ParticipantID == "" || !strings.HasPrefix(s.ParticipantToken, "QVFJREFI") {
		return "", errors.New("the answer holds no chat")
	}
	return s.ContactID, nil
}

// freeAddress finds a loopback port that is free now. All peers are given theirs
// in the same way, so that waiting for the first answer is the same for all.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		return "", fmt.Errorf("freeing port %s: %w", address, err)
	}
	return address, nil
}

// diskSize adds up the sizes of a file, or of the files in a folder.
func diskSize(path string) (int64, error) {
	var sum int64
	err := filepath.WalkDir(path, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("measuring the size of %s: %w", path, err)
	}
	return sum, nil
}
