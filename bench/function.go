package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/program"
	"github.com/parley-chat/parley/internal/runtimeapi"
)

// Names of the functions.
const (
	parleyFunction = "parley"
	nodeFunction   = "node"
)

// functionPeer is where the Node function and its pinned packages are.
var functionPeer = filepath.Join("bench", "function-peer") //nolint:gochecknoglobals // a constant that needs filepath.Join

// functionOptions are the flags of the run that measures the production function.
type functionOptions struct {
	rounds, starts, invokes int
	out                     string
}

func parseFunction(args []string, stderr io.Writer) (functionOptions, error) {
	var o functionOptions
	flags := flag.NewFlagSet("bench function", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.rounds, "rounds", 3, "rounds of invocations")
	flags.IntVar(&o.starts, "starts", 15, "starts of each function")
	flags.IntVar(&o.invokes, "invokes", 2000, "invocations in each round, one after the other")
	flags.StringVar(&o.out, "out", "", `file to write, "-" for none (default docs/benchmarks-function.md, when the run is a full one)`)
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.rounds < 1 || o.starts < 1 || o.invokes < 1 {
		return o, errors.New("-rounds, -starts and -invokes must be at least 1")
	}
	if o.out == "" {
		o.out = "-"
		if o.rounds >= 3 && o.starts >= 10 && o.invokes >= 1000 {
			o.out = filepath.Join("docs", "benchmarks-function.md")
		}
	}
	return o, nil
}

// function is one program that runs under Lambda's Runtime API.
type function struct {
	name, what string
	argv       []string
	env        []string
	// unpacked and zipped are the sizes of what is uploaded, in bytes; zipped is zero where
	// nothing was packed.
	unpacked, zipped int64

	inits spread // ms from the start of the program until it asks for its first event
	ready spread // MiB resident then
	peak  spread // MiB, the most while invoked
	cpu   spread // seconds per 10,000 invocations
	p50   spread // ms
	p99   spread // ms
}

// runFunction measures the production function beside one of Node, under a Runtime API of the
// benchmark's own, in front of the fake Amazon Connect that verifies signatures.
func runFunction(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseFunction(args, stderr)
	if err != nil {
		return err
	}
	var none string
	dir, err := enter(&none)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	l, err := prepare(ctx, dir, options{only: []string{direct}}, teller(stderr))
	if err != nil {
		return err
	}
	defer l.close()
	functions, err := l.functions(ctx)
	if err != nil {
		return err
	}
	revision, before := l.revision(ctx), loadAverage()
	if err := l.measureFunctions(ctx, o, functions); err != nil {
		return err
	}
	r := functionResult{options: o, functions: functions, pinned: l.pinned, revision: revision, loadBefore: before, loadAfter: loadAverage()}
	if _, err := io.WriteString(stdout, "\n"+r.tables()); err != nil {
		return fmt.Errorf("printing the result: %w", err)
	}
	return keep(r.markdown(), o.out, l.say)
}

// functions builds what is compared.
func (l *lab) functions(ctx context.Context) ([]*function, error) {
	bootstrap := l.program("bootstrap")
	err := program.Function(ctx, bootstrap)
	if err != nil {
		return nil, err
	}
	packed := l.program("function.zip")
	if err := l.run(ctx, nil, "go", "run", "./deploy/lambdazip", "-o", packed, bootstrap); err != nil {
		return nil, err
	}
	ids := []string{
		"INSTANCE_ID=11111111-2222-4333-8444-555555555555", "CONTACT_FLOW_ID=66666666-7777-4888-8999-000000000000",
		"ALLOWED_ORIGINS=https://www.example.com",
	}
	all := []*function{{
		name: parleyFunction, what: "`cmd/parley-lambda`, with its default policy and its log of one line for each chat",
		argv: []string{bootstrap}, env: append(ids, "AWS_ENDPOINT_URL_CONNECT="+l.signed),
	}}
	if all[0].unpacked, err = diskSize(bootstrap); err != nil {
		return nil, err
	}
	if all[0].zipped, err = diskSize(packed); err != nil {
		return nil, err
	}
	node, err := l.install(ctx, functionPeer, "aws-sdk")
	if err != nil {
		l.say("skipping the Node function: %v", err)
		return all, nil
	}
	size, err := diskSize(filepath.Join(functionPeer, "node_modules"))
	if err != nil {
		return nil, err
	}
	return append(all, &function{
		name: nodeFunction, what: "Node and version 2 of the AWS SDK for JavaScript (bench/function-peer): no policy, no log",
		argv: []string{node, filepath.Join(functionPeer, "bootstrap.js")}, env: append(ids, "ENDPOINT="+l.signed), unpacked: size,
	}), nil
}

// measureFunctions lets the functions take turns.
func (l *lab) measureFunctions(ctx context.Context, o functionOptions, functions []*function) error {
	for n := range o.starts {
		l.say("start %d/%d", n+1, o.starts)
		for _, i := range rand.Perm(len(functions)) { //nolint:gosec // an order is no secret
			if err := l.startFunction(ctx, functions[i]); err != nil {
				return err
			}
		}
	}
	for round := range o.rounds {
		for _, i := range rand.Perm(len(functions)) { //nolint:gosec // an order is no secret
			f := functions[i]
			if err := l.invokeFunction(ctx, f, o.invokes); err != nil {
				return err
			}
			l.say("round %d/%d  %-7s p50 %.2f ms  cpu %.2f s/10,000", round+1, o.rounds, f.name, f.p50[len(f.p50)-1], f.cpu[len(f.cpu)-1])
		}
	}
	return nil
}

// startFunction measures one start until the function asks for its first event.
func (l *lab) startFunction(ctx context.Context, f *function) error {
	api, err := runtimeapi.Listen(ctx, runtimeapi.Config{Timeout: invocationTime})
	if err != nil {
		return err
	}
	defer func() { _ = api.Close() }() // what was measured counts
	began := time.Now()
	running, err := l.start(ctx, 0, l.environment(append(f.env, api.Environ())...), f.argv...)
	if err != nil {
		return err
	}
	defer running.stop()
	at, err := waitForInit(ctx, api)
	if err != nil {
		return fmt.Errorf("starting %s: %w\n%s", f.name, err, running.complaint())
	}
	f.inits = append(f.inits, inMilliseconds(at.Sub(began)))
	f.ready = append(f.ready, float64(memory(running.pid(), "VmRSS"))/mib)
	return nil
}

// invokeFunction measures a row of invocations, after a tenth of them to warm up.
func (l *lab) invokeFunction(ctx context.Context, f *function, n int) error {
	api, err := runtimeapi.Listen(ctx, runtimeapi.Config{Timeout: invocationTime})
	if err != nil {
		return err
	}
	defer func() { _ = api.Close() }() // what was measured counts
	running, err := l.start(ctx, 0, l.environment(append(f.env, api.Environ())...), f.argv...)
	if err != nil {
		return err
	}
	defer running.stop()
	go func() { _, _ = io.Copy(io.Discard, running.stdout) }() // its log; ends with the function
	took := make([]time.Duration, 0, n)
	for i := range n + n/10 {
		if i == n/10 {
			resetPeak(running.pid())
			took = took[:0]
		}
		if i == n/10 {
			f.cpu = append(f.cpu, -cpuTime(running.pid()).Seconds())
		}
		began := time.Now()
		if err := startChat(ctx, api); err != nil {
			return fmt.Errorf("invoking %s: %w\n%s", f.name, err, running.complaint())
		}
		took = append(took, time.Since(began))
	}
	last := len(f.cpu) - 1
	f.cpu[last] = (f.cpu[last] + cpuTime(running.pid()).Seconds()) / float64(n) * 10_000
	f.peak = append(f.peak, float64(memory(running.pid(), "VmHWM"))/mib)
	slices.Sort(took)
	f.p50 = append(f.p50, inMilliseconds(percentile(took, 50)))
	f.p99 = append(f.p99, inMilliseconds(percentile(took, 99)))
	return nil
}

// invocationTime bounds a start and an invocation.
const invocationTime = 20 * time.Second

// chatEvent is what a REST API of API Gateway makes of a widget's request.
const chatEvent = `{"resource":"/","path":"/","httpMethod":"POST","headers":{"Content-Type":"text/plain;charset=UTF-8",` +
	`"Host":"api.example.com","Origin":"https://www.example.com"},"multiValueHeaders":{"Content-Type":["text/plain;charset=UTF-8"],` +
	`"Host":["api.example.com"],"Origin":["https://www.example.com"]},"queryStringParameters":null,"requestContext":{"path":"/Prod",` +
	`"stage":"Prod","requestId":"c6af9ac6-7b61-11e6-9a41-93e8deadbeef","identity":{"sourceIp":"192.0.2.1"},"httpMethod":"POST"},` +
	`"body":"{\"ParticipantDetails\":{\"DisplayName\":\"Pat\"},\"SupportedMessagingContentTypes\":[\"text/plain\",\"text/markdown\"]}",` +
	`"isBase64Encoded":false}`

// waitForInit returns when the function asked for its first event.
func waitForInit(ctx context.Context, api *runtimeapi.API) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, invocationTime)
	defer cancel()
	return api.Ready(ctx)
}

// startChat has one chat started.
func startChat(ctx context.Context, api *runtimeapi.API) error {
	ctx, cancel := context.WithTimeout(ctx, invocationTime)
	defer cancel()
	text, err := api.Invoke(ctx, []byte(chatEvent))
	if err != nil {
		return err
	}
	var answer struct {
		StatusCode int
		Body       string
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(answer.Body, `"ParticipantToken"`) {
		return fmt.Errorf("it started no chat: status %d, %d bytes", answer.StatusCode, len(answer.Body))
	}
	return nil
}
