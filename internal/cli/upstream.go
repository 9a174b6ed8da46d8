package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"github.com/parley-chat/parley/internal/connectclient"
	"github.com/parley-chat/parley/internal/costguard"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/settings"
	"github.com/parley-chat/parley/internal/startchat"
)

const (
	// endTime bounds the ending of a run's chats when the server stops.
	endTime = 20 * time.Second
	// leavingTime is what chat clients get to close their sockets.
	leavingTime = 5 * time.Second
)

// upstream is who answers StartChatContact.
type upstream struct {
	starter startchat.Starter
	// region is where calls go; empty for the embedded Amazon Connect.
	region string
	// text describes the upstream in one line.
	text string
	// cost is nil unless chats cost money.
	cost     *costguard.Guard
	embedded *emulator.Emulator
	// clients serves chat clients here: the embedded Amazon Connect, a relay to the real one, or a
	// recording; nil when they call Amazon Connect themselves.
	clients chatClients
}

// chatClients is what serves the calls and sockets of chat clients.
type chatClients interface {
	Embedded
	// MaxBodyFor returns how long the body of a request may be, zero for requests to others.
	MaxBodyFor(r *http.Request) int64
	// Drain tells those who are connected to leave; Shutdown waits for that, too.
	Drain()
	Shutdown(ctx context.Context) error
}

// openUpstream makes ready what the settings choose. For AWS that includes the
// credentials, so that missing ones are known before a port is opened.
func openUpstream(ctx context.Context, env *Env, s *settings.Settings, beside *workbench, log *slog.Logger) (*upstream, error) {
	if s.Upstream == settings.Embedded {
		return openEmbedded(ctx, env, s, beside, log)
	}
	if _, replay := s.Upstream.Recording(); replay {
		return openRecording(env, s, beside, log)
	}
	client, err := newClient(ctx, env, s, log)
	if err != nil {
		return nil, err
	}
	up := &upstream{starter: client, region: client.Region(), text: awsText(client, s)}
	if err := up.openRelay(client, s, beside, log); err != nil {
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
		return &usageError{
			"--end-on-exit needs a directory for the list of chats to end, and the environment names no home",
			"name one with --data-dir, or leave chats open with --end-on-exit=false",
		}
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
		return &hintError{err, "name a directory that can be written to with --data-dir, or leave chats open with --end-on-exit=false"}
	}
	u.starter = u.cost
	return nil
}

// openEmbedded opens the embedded Amazon Connect and the chats it keeps.
func openEmbedded(ctx context.Context, env *Env, s *settings.Settings, beside *workbench, log *slog.Logger) (*upstream, error) {
	if s.DataDir == "" && !s.Ephemeral {
		return nil, &usageError{
			"chats need a directory to be kept in, and the environment names no home",
			"name one with --data-dir, or keep them in memory with --ephemeral",
		}
	}
	config := embeddedConfig(s, log)
	agents, err := scriptedAgents(env, s)
	if err != nil {
		return nil, err
	}
	config.Agents = agents
	beside.watch(&config)
	embedded, err := emulator.New(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("starting the embedded Amazon Connect: %w", err)
	}
	text := "embedded Amazon Connect (no AWS account needed)"
	if s.Ephemeral {
		text += ", in memory only"
	}
	return &upstream{starter: embedded, embedded: embedded, clients: embedded, text: text}, nil
}

// startedDir is where runs keep the lists of the chats they started; empty when nothing
// names a place.
func startedDir(s *settings.Settings) string {
	if s.DataDir == "" {
		return ""
	}
	return filepath.Join(s.DataDir, "started")
}

// newClient returns a client of Amazon Connect with credentials.
func newClient(ctx context.Context, env *Env, s *settings.Settings, log *slog.Logger) (*connectclient.Client, error) {
	return connectclient.New(ctx, connectclient.Config{
		Region: s.Region, Profile: s.Profile, EndpointURL: s.EndpointURL, InstanceID: s.InstanceID,
		UserAgent: env.Build.userAgent(), MaxIdleConns: s.MaxConcurrent, Log: log,
	})
}

func awsText(client *connectclient.Client, s *settings.Settings) string {
	text := "Amazon Connect at " + client.Endpoint()
	if client.Region() != "" {
		text = "Amazon Connect in " + client.Region() + " (" + client.Endpoint() + ")"
	}
	if s.Profile != "" {
		text += ", profile " + printable(s.Profile)
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

// drain tells those who stay connected that the server is leaving.
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
			errs = append(errs, &hintError{
				fmt.Errorf("ending this run's chats: %w", err), "the next `parley serve` with the same --data-dir tries again",
			})
		}
	}
	switch {
	case u.embedded != nil:
		errs = append(errs, u.embedded.Close())
	case u.clients != nil:
		leaving, stop := context.WithTimeout(ctx, leavingTime)
		defer stop()
		errs = append(errs, u.clients.Shutdown(leaving))
	}
	return errors.Join(errs...)
}
