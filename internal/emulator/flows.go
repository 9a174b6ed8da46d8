package emulator

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/casetest"
	"github.com/parley-chat/parley/internal/connectserver"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/instance"
	"github.com/parley-chat/parley/internal/testcase"
)

// openFlows opens the contact flows that the instance was given, and the runner of all.
func (e *Emulator) openFlows(ctx context.Context, cfg Config, failed func(string, error)) (err error) {
	told := func(contactID string, at time.Time, what string, stopped bool) {
		cfg.Log.LogAttrs(context.Background(), slog.LevelWarn, "contact flow", slog.String("told", what), slog.String("contact_id", contactID))
		if cfg.FlowTold != nil {
			cfg.FlowTold(contactID, at, what, stopped)
		}
	}
	if e.library = cfg.Library; e.library == nil {
		e.library = flowrun.NewLibrary(nil)
	}
	given := given(&cfg)
	e.kept, err = instance.Open(ctx, instance.Config{
		Given: given, Changed: func() { e.route(ctx, cfg.Log) }, Retires: func(queueID string) bool { return e.desk.Retire(queueID) },
		Store: e.store, Now: e.chats.Clock().Now, Limited: cfg.Strict, Runs: e.library.Deploy, Log: cfg.Log,
		Taken: func(name string, module bool) bool {
			return slices.ContainsFunc(flows(cfg.Flows)(), func(f connectserver.Flow) bool {
				return f.Name == name && (f.Type == string(flow.Module)) == module
			})
		},
	})
	if err != nil {
		return err
	}
	e.outside = cfg.Outside
	e.tests, err = instance.OpenTests(ctx, instance.TestsConfig{
		Store: e.store, Now: e.chats.Clock().Now, Limited: cfg.Strict, Failed: func(err error) { failed("", err) },
		Run: func(ctx context.Context, f *testcase.File) testcase.Execution {
			tests := casetest.Config{Library: e.library, Outside: cfg.Outside, Hours: &e.hours, At: e.chats.Clock().Now()}
			return casetest.RunFile(ctx, tests, f).Execution
		},
	})
	if err != nil {
		return err
	}
	e.route(ctx, cfg.Log)
	e.region = cfg.Region
	e.instanceARN = fmt.Sprintf("arn:aws:connect:%s:000000000000:instance/%s", cfg.Region, cfg.InstanceID)
	e.flows, err = flowrun.New(flowrun.Config{
		Chats: e.chats, Library: e.library, Region: cfg.Region, Strict: cfg.Strict, Floor: floor{e}, Hours: &e.hours,
		InstanceARN: e.instanceARN,
		Outside:     cfg.Outside, Traced: cfg.FlowTraced, Told: told, Failed: failed,
	})
	return err
}
