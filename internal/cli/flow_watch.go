package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/serve"
	"github.com/parley-chat/parley/internal/settings"
)

// watchFlows runs tests, and again whenever a file changes that they are about, until ctx ends.
func watchFlows(ctx context.Context, env *Env, names []string, run func(context.Context) error) error {
	s, err := flowSettings(env)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		names = []string{cmp.Or(s.Flows, serve.DefaultFlows)}
	}
	stamp := func() string { return stamps(slices.Concat(settings.FileNames(), []string{s.Config}, names)) }
	return watch(ctx, stamp, func() error {
		err := run(ctx)
		if hint.IsUsage(err) || err != nil && !errors.Is(err, errReported) { // which the next change may mend
			_, err = fmt.Fprintf(env.Stderr, "parley: error: %v\n", err)
		} else {
			err = nil
		}
		if err == nil {
			_, err = fmt.Fprintln(env.Stderr, "parley: waiting for a change; Ctrl+C ends")
		}
		return err
	})
}

// watch runs something, and again whenever the stamp of files has changed.
func watch(ctx context.Context, stamp func() string, run func() error) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		last := stamp() // before the run, so that no change during it is missed
		if err := run(); err != nil {
			return err
		}
		for now := last; now == last; now = stamp() {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
		}
	}
}

// stamps are the times and lengths of the files at names that tests are about.
func stamps(names []string) string {
	var b strings.Builder
	for _, name := range names {
		_ = filepath.WalkDir(name, func(file string, entry fs.DirEntry, err error) error {
			if err != nil { // a file that is not there now is a stamp, too
				return nil //nolint:nilerr // as said
			}
			if base := filepath.Base(file); entry.IsDir() {
				if file != name && (strings.HasPrefix(base, ".") || base == "node_modules") {
					return fs.SkipDir
				}
				return nil
			}
			if info, err := os.Stat(file); err == nil {
				fmt.Fprintf(&b, "%s %d %d\n", file, info.ModTime().UnixNano(), info.Size())
			}
			return nil
		})
	}
	return b.String()
}
