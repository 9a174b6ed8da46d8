// Package doctor looks for what keeps chats from being started, before anybody tries:
// the program's own set-up, the machine, and for the upstream aws each part of the way
// to the instance and the contact flow.
//
// Every check is one line of a [Report]: what was found and, unless all is well, what to
// do. The checks, by id and in order: program, configuration, port, embedded, ids, region,
// credentials, endpoint, clock, identity, instance, contact-flow, flow-type, flow-state,
// permission, approved-origins, issuer, environment. A check that depends on one that failed is
// skipped and says so. That the caller may not make a call which only checks something
// is a warning, never a failure. No chat is ever started on a real instance, and nothing
// is changed anywhere.
//
// The package makes the calls and judges their answers; what an error of AWS means is
// package diagnosis's, how it is called package connectclient's.
package doctor

import (
	"context"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/connectclient"
	"github.com/parley-chat/parley/internal/startchat"
)

// defaultTimeout bounds one check: the credential chain, which may ask several places,
// is the slowest.
const defaultTimeout = 25 * time.Second

// Setting is one setting in effect.
type Setting struct{ Name, Value, Origin string }

// Config says what to check.
type Config struct {
	// Program is one line about this program: version, toolchain, platform.
	Program string
	// Settings are those somebody chose, for the report; values must not be secret.
	Settings []Setting
	// Faults is what is wrong with the configuration; nil when nothing is. A Hint method
	// gives the remedy. With faults, the checks that need the configuration are skipped.
	Faults error
	// Addr is the address the server would listen on.
	Addr string
	// Embedded is the embedded Amazon Connect, on which one chat is started; nil leaves
	// the check out.
	Embedded startchat.Starter
	// Connect returns the client of the real Amazon Connect; nil leaves all checks of
	// AWS out.
	Connect func(ctx context.Context) (*connectclient.Client, error)
	// Issuer asks the identity provider for what tokens are checked with, and returns one line
	// about it; nil leaves the check out. An error's Hint method gives the remedy.
	Issuer func(ctx context.Context) (string, error)
	// Region, InstanceID and ContactFlowID are as configured; each may be empty.
	Region, InstanceID, ContactFlowID string
	// AllowOrigins are the page origins named in the configuration.
	AllowOrigins []string
	// Getenv reads the environment; nil reads nothing.
	Getenv func(name string) string
	// Timeout bounds each check; 25 seconds when zero.
	Timeout time.Duration
}

// finding is what a check comes to.
type finding struct {
	status         Status
	detail, remedy string
}

func ok(detail string) finding           { return finding{status: OK, detail: detail} }
func warn(detail, remedy string) finding { return finding{Warn, detail, remedy} }
func fail(detail, remedy string) finding { return finding{Fail, detail, remedy} }
func skip(why string) finding            { return finding{status: Skip, detail: why} }

// check is one thing to look at. needs are the ids of checks that must not have failed
// or been skipped.
type check struct {
	id, title string
	needs     []string
	look      func(ctx context.Context) finding
}

// Run makes all checks, one after the other. When ctx ends, the rest is skipped.
func Run(ctx context.Context, config Config) Report {
	if config.Getenv == nil {
		config.Getenv = func(string) string { return "" }
	}
	if config.Timeout <= 0 {
		config.Timeout = defaultTimeout
	}
	e := &examination{Config: config}
	var report Report
	// blame is why a check cannot be built on.
	blame := map[string]string{}
	for _, c := range e.checks() {
		begun := time.Now()
		found := e.examine(ctx, c, blame)
		switch found.status {
		case Fail:
			blame[c.id] = c.title + " failed"
		case Skip:
			if blame[c.id] == "" {
				blame[c.id] = c.title + " was skipped"
			}
		default:
		}
		report.Checks = append(report.Checks, Check{
			ID: c.id, Title: c.title, Status: found.status, Detail: strings.TrimSpace(found.detail),
			Remedy: strings.TrimSpace(found.remedy), Duration: time.Since(begun),
		})
	}
	return report
}

// examination is one run. It belongs to one goroutine.
type examination struct {
	Config

	client   *connectclient.Client
	openErr  error
	served   serverClock
	identity connectclient.Identity
	instance connectclient.Instance
	flow     connectclient.Flow
	// unpublished says that AWS refused to describe the flow because it is not published.
	unpublished bool
}

func (e *examination) examine(ctx context.Context, c check, blame map[string]string) finding {
	for _, id := range c.needs {
		if why := blame[id]; why != "" {
			blame[c.id] = why
			return skip("not checked, because " + why)
		}
	}
	if ctx.Err() != nil {
		return skip("not checked, because the examination was interrupted")
	}
	ctx, cancel := context.WithTimeout(ctx, e.Timeout)
	defer cancel()
	return c.look(ctx)
}

// checks lists what there is to look at.
func (e *examination) checks() []check {
	all := []check{
		{"program", "Program", nil, e.program},
		{"configuration", "Configuration", nil, e.configuration},
		{"port", "Port", []string{"configuration"}, e.port},
	}
	if e.Embedded != nil {
		all = append(all, check{"embedded", "Embedded Amazon Connect", []string{"configuration"}, e.embedded})
	}
	if e.Connect != nil {
		all = append(all, e.awsChecks()...)
	}
	if e.Issuer != nil {
		all = append(all, check{"issuer", "Identity provider", []string{"configuration"}, e.issuer})
	}
	return append(all, check{"environment", "Environment", nil, e.environment})
}

func (e *examination) awsChecks() []check {
	return []check{
		{"ids", "Ids", []string{"configuration"}, e.ids},
		{"region", "Region", []string{"configuration"}, e.region},
		{"credentials", "Credentials", []string{"region"}, e.credentials},
		{"endpoint", "Endpoint", []string{"credentials"}, e.endpoint},
		{"clock", "Clock", []string{"endpoint"}, e.clock},
		{"identity", "Identity", []string{"credentials"}, e.whoami},
		{"instance", "Instance", []string{"endpoint", "identity"}, e.describeInstance},
		{"contact-flow", "Contact flow", []string{"instance"}, e.describeFlow},
		{"flow-type", "Flow type", []string{"contact-flow"}, e.flowType},
		{"flow-state", "Flow state", []string{"contact-flow"}, e.flowState},
		{"permission", "Permission", []string{"instance"}, e.permission},
		{"approved-origins", "Approved origins", []string{"instance"}, e.origins},
	}
}
