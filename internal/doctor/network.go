package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http/httptrace"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/awscall"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/hint"
)

// The clock's limits: AWS refuses signatures that are more than five minutes off.
const (
	clockWarning = time.Minute
	clockFailure = 4 * time.Minute
)

// open makes the client once, for the checks of the Region and of the credentials.
func (e *examination) open(ctx context.Context) {
	if e.client == nil && e.openErr == nil {
		e.client, e.openErr = e.Connect(ctx)
	}
}

func (e *examination) region(ctx context.Context) finding {
	e.open(ctx)
	region := e.regionInEffect()
	if e.openErr != nil {
		if _, ok := errors.AsType[*awscall.CredentialsError](e.openErr); !ok {
			return fail(e.openErr.Error(), hint.Of(e.openErr))
		}
	}
	own := arn.RegionOf(e.InstanceID)
	switch {
	case region == "" && e.client == nil:
		return ok("taken from the profile")
	case region == "":
		return warn("none is set; signatures name none, which only an endpoint of your own accepts", "Set --region.")
	case own != "" && own != region:
		return fail(fmt.Sprintf("%s, but the instance's ARN names %s", region, own),
			"Leave --region and AWS_REGION out, or set them to "+own+".")
	}
	return judgeRegion(region)
}

// regionInEffect is the client's; without a client, what is known before the profile
// is read.
func (e *examination) regionInEffect() string {
	if e.client != nil {
		return e.client.Region()
	}
	for _, region := range []string{
		e.Region, arn.RegionOf(e.InstanceID), e.Getenv("AWS_REGION"), e.Getenv("AWS_DEFAULT_REGION"),
	} {
		if region != "" {
			return region
		}
	}
	return ""
}

func (e *examination) credentials(context.Context) finding {
	if e.openErr != nil {
		return fail(e.openErr.Error(), hint.Of(e.openErr))
	}
	return ok("found in " + e.client.SourceOfCredentials())
}

// endpoint calls the endpoint once, unsigned, through proxies and certificates as real
// calls do.
func (e *examination) endpoint(ctx context.Context) finding {
	var watch stopwatch
	begun := time.Now()
	date, err := e.client.ServerDate(httptrace.WithClientTrace(ctx, watch.trace()))
	took := time.Since(begun)
	address := e.client.Endpoint()
	if !watch.isAnswered() {
		rule := diagnosis.Find(diagnosis.Failure{Err: err})
		return fail(address+": "+strings.TrimSuffix(rule.Sentence, ".")+watch.summary(), remedyOf(rule))
	}
	// The server wrote the date at some time during the call; half of it is the best guess, and wrong by the
	// other half at most.
	e.served = serverClock{date: date, local: begun.Add(took / 2), doubt: took / 2, err: err}
	return ok(fmt.Sprintf("%s answers%s", address, watch.summary()))
}

// serverClock is the service's time beside this machine's, which is known but for a doubt: a slow answer,
// or a machine that is busy, is no clock that is wrong.
type serverClock struct {
	date, local time.Time
	doubt       time.Duration
	err         error
}

func (e *examination) clock(context.Context) finding {
	if e.served.err != nil {
		return warn("could not be compared: the endpoint's answer has no date", "Check --endpoint-url: AWS always sends one.")
	}
	ahead := e.served.local.Sub(e.served.date).Round(time.Second)
	off, direction := ahead.Abs(), "ahead of"
	if ahead < 0 {
		direction = "behind"
	}
	const remedy = "Set the clock, for example with timedatectl set-ntp true; AWS refuses signatures that are five minutes off."
	switch text, least := fmt.Sprintf("%v %s AWS", off, direction), off-e.served.doubt; {
	case least > clockFailure:
		return fail(text, remedy)
	case least > clockWarning:
		return warn(text, remedy)
	case least <= 2*time.Second: // the Date header counts whole seconds
		return ok("agrees with AWS")
	default:
		return ok(text)
	}
}

// stopwatch times the parts of one call. The transport reports from goroutines of its
// own, some of them after the call has returned.
type stopwatch struct {
	mu       sync.Mutex
	begun    map[string]time.Time
	parts    []string
	answered bool
}

func (s *stopwatch) start(part string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.begun == nil {
		s.begun = map[string]time.Time{}
	}
	if _, running := s.begun[part]; !running { // several addresses may be tried at once
		s.begun[part] = time.Now()
	}
}

func (s *stopwatch) stop(part string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if begun, running := s.begun[part]; running && err == nil && !s.answered {
		const precision = 100 * time.Microsecond
		s.parts = append(s.parts, fmt.Sprintf("%s %v", part, time.Since(begun).Round(precision)))
	}
}

func (s *stopwatch) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		DNSStart:          func(httptrace.DNSStartInfo) { s.start("name") },
		DNSDone:           func(info httptrace.DNSDoneInfo) { s.stop("name", info.Err) },
		ConnectStart:      func(string, string) { s.start("connection") },
		ConnectDone:       func(_, _ string, err error) { s.stop("connection", err) },
		TLSHandshakeStart: func() { s.start("tls") },
		TLSHandshakeDone:  func(_ tls.ConnectionState, err error) { s.stop("tls", err) },
		WroteRequest:      func(httptrace.WroteRequestInfo) { s.start("answer") },
		GotFirstResponseByte: func() {
			s.stop("answer", nil)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.answered = true
		},
	}
}

func (s *stopwatch) isAnswered() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answered
}

// summary lists what was done and how long it took, in parentheses.
func (s *stopwatch) summary() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.parts) == 0 {
		return ""
	}
	return " (" + strings.Join(s.parts, ", ") + ")"
}
