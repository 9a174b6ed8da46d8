package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/connectclient"
	"github.com/parley-chat/parley/internal/costguard"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/settings"
	"github.com/parley-chat/parley/internal/startchat"
)

const (
	// endTime bounds the ending of a run's chats when the server stops.
	endTime = 20 * time.Second
	// leavingTime is what chat clients get to close their sockets.
	leavingTime = 5 * time.Second
)

// upstream answers StartChatContact.
type upstream struct {
	starter startchat.Starter
	// region is where calls go; empty for the embedded Amazon Connect.
	region string
	// text describes the upstream in one line.
	text string
	// cost is nil unless chats cost money.
	cost *costguard.Guard
	// identity asks AWS who the credentials belong to; nil without AWS.
	identity func(context.Context) error
	embedded *emulator.Emulator
	flows    *contactFlows // of embedded, like outside and scripts; nil without
	scripts  *agentScripts
	outside  *Outside
	// clients serves chat clients here: the embedded Amazon Connect, a relay to the real one, or a
	// recording; nil when they call Amazon Connect themselves.
	clients chatClients
}

// chatClients serves the calls and sockets of chat clients.
type chatClients interface {
	Embedded
	// MaxBodyFor returns how long the body of a request may be, zero for requests to others.
	MaxBodyFor(r *http.Request) int64
	// Drain tells connected clients to leave; Shutdown also waits until they have left.
	Drain()
	Shutdown(ctx context.Context) error
}

// openUpstream opens the upstream that the settings choose. For AWS that includes the
// credentials, so that missing ones are known before a port is opened.
func openUpstream(ctx context.Context, config *Config, watching *observers) (*upstream, error) {
	s, log := config.Settings, config.Log
	if s.Upstream == settings.Embedded {
		return openEmbedded(ctx, config, watching)
	}
	if _, replay := s.Upstream.Recording(); replay {
		return openRecording(config, watching)
	}
	client, err := ConnectClient(ctx, s, config.UserAgent, log)
	if err != nil {
		return nil, err
	}
	up := &upstream{starter: client, region: client.Region(), text: awsText(client, s)}
	if s.Loopback() && strings.Contains(client.Endpoint(), ".amazonaws.com") { // on a developer's machine; a stand-in is not asked
		up.identity = func(ctx context.Context) error { _, err := client.CallerIdentity(ctx); return err }
	}
	if err := up.openRelay(client, config, watching); err != nil {
		return nil, err
	}
	if err := up.guardCosts(client, s, log); err != nil {
		return nil, err
	}
	return up, nil
}

// guardCosts bounds what a run costs on AWS.
func (u *upstream) guardCosts(client *connectclient.Client, s *settings.Settings, log *slog.Logger) (err error) {
	plan := s.CostGuard()
	if plan.EndOnExit && s.DataDir == "" {
		return hint.Usage(
			"--end-on-exit needs a directory for the list of chats to end, and the environment names no home",
			"name one with --data-dir, or leave chats open with --end-on-exit=false",
		)
	}
	if plan.MaxChats == 0 && !plan.EndOnExit {
		return nil
	}
	u.cost, err = costguard.New(costguard.Config{
		Starter: u.starter, Stopper: client, MaxChats: plan.MaxChats, EndOnExit: plan.EndOnExit,
		Dir: startedDir(s), Log: log,
		Target: costguard.Target{
			Region: client.Region(), InstanceID: s.InstanceID, Profile: client.Profile(), EndpointURL: client.Endpoint(),
		},
	})
	if err != nil {
		return hint.New(err, "name a directory that can be written to with --data-dir, or leave chats open with --end-on-exit=false")
	}
	u.starter = u.cost
	return nil
}

// openEmbedded opens the embedded Amazon Connect and the chats it keeps.
func openEmbedded(ctx context.Context, config *Config, watching *observers) (*upstream, error) {
	s := config.Settings
	if s.DataDir == "" && !s.Ephemeral {
		return nil, hint.Usage(
			"chats need a directory to be kept in, and the environment names no home",
			"name one with --data-dir, or keep them in memory with --ephemeral",
		)
	}
	if s.ViewsDir != "" && !isFolder(s.ViewsDir) {
		return nil, hint.Usage("--views-dir: there is no folder "+s.ViewsDir, "name the folder with your views, each in a file TOKEN.json")
	}
	inside := embeddedConfig(s, config.Log)
	inside.PartnerPause = config.PartnerPause
	scripts, err := openScripts(s, config.ReadFile)
	if err != nil {
		return nil, err
	}
	inside.Agents = scripts.agents
	if inside.Capacity, inside.Hours, err = s.Routing(); err != nil {
		return nil, err
	}
	watching.watch(&inside)
	flows, err := openFlows(ctx, s, config.Log)
	if err != nil {
		return nil, err
	}
	outside, err := OpenOutside(s, config.UserAgent, config.Log)
	if err != nil {
		flows.close()
		return nil, err
	}
	outside.tell(ctx, flows.library, config.Log)
	inside.Library, inside.Flows, inside.Outside, inside.Bots, inside.Functions = flows.library, flows.list, outside, outside.bots, outside.functions
	embedded, err := emulator.New(ctx, inside)
	if err != nil {
		flows.close()
		return nil, errors.Join(fmt.Errorf("starting the embedded Amazon Connect: %w", err), outside.Close())
	}
	watching.clock.Store(embedded.Chats().Clock())
	scripts.follow(ctx, embedded.Desk(), config.Log)
	text := "embedded Amazon Connect (no AWS account needed)"
	if s.Ephemeral {
		text += ", in memory only"
	}
	return &upstream{starter: embedded, embedded: embedded, clients: embedded, flows: flows, outside: outside, scripts: scripts, text: text}, nil
}

// startedDir is where runs keep the lists of the chats they started; empty when nothing
// names a place.
func startedDir(s *settings.Settings) string {
	if s.DataDir == "" {
		return ""
	}
	return filepath.Join(s.DataDir, "started")
}

// ConnectClient returns a client of Amazon Connect with credentials, as the settings describe it.
func ConnectClient(ctx context.Context, s *settings.Settings, userAgent string, log *slog.Logger) (*connectclient.Client, error) {
	return connectclient.New(ctx, connectclient.Config{
		Region: s.Region, Profile: s.Profile, EndpointURL: s.EndpointURL, InstanceID: s.InstanceID,
		UserAgent: userAgent, MaxIdleConns: s.MaxConcurrent, Log: log,
	})
}

func awsText(client *connectclient.Client, s *settings.Settings) string {
	text := "Amazon Connect at " + client.Endpoint()
	if client.Region() != "" {
		text = "Amazon Connect in " + client.Region() + " (" + client.Endpoint() + ")"
	}
	if s.Profile != "" {
		text += ", profile " + screen.Printable(s.Profile)
	}
	return text
}

// recover ends the chats that an earlier run left behind.
func (u *upstream) recover(ctx context.Context, log *slog.Logger) {
	if u.cost == nil {
		return
	}
	if err := u.cost.Recover(ctx); err != nil && ctx.Err() == nil {
		log.WarnContext(ctx, "chats of an earlier run may still be open", slog.String("cause", err.Error()))
	}
}

// identityTime is how long AWS may take to say whose the credentials are.
const identityTime = 10 * time.Second

// checkIdentity warns when AWS does not take the credentials, so that it is known before the first chat
// fails. The server answers meanwhile, and goes on whatever comes of it.
func (u *upstream) checkIdentity(ctx context.Context, log *slog.Logger) {
	if u.identity == nil {
		return
	}
	bounded, cancel := context.WithTimeout(ctx, identityTime)
	defer cancel()
	if err := u.identity(bounded); err != nil && ctx.Err() == nil {
		log.WarnContext(ctx, "AWS does not take the credentials, so chats will not start", slog.String("cause", err.Error()),
			slog.String("hint", cmp.Or(hint.Of(err), "sign in again (aws sso login), or name another profile with --profile; `parley doctor --upstream aws` looks closer")))
	}
}

// drain tells connected chat clients that the server is leaving.
func (u *upstream) drain() {
	if u.clients != nil {
		u.clients.Drain()
	}
}

// close ends what this run started, although ctx has ended.
func (u *upstream) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	var errs []error
	if u.cost != nil {
		if err := u.cost.Close(ctx); err != nil {
			errs = append(errs, hint.New(
				fmt.Errorf("ending this run's chats: %w", err), "the next `parley serve` with the same --data-dir tries again",
			))
		}
	}
	switch {
	case u.embedded != nil:
		u.scripts.close()
		errs = append(errs, u.embedded.Close(), u.outside.Close())
		u.flows.close()
	case u.clients != nil:
		leaving, stop := context.WithTimeout(ctx, leavingTime)
		defer stop()
		errs = append(errs, u.clients.Shutdown(leaving))
	}
	return errors.Join(errs...)
}
