package serve

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"github.com/parley-chat/parley/internal/connectserver"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/settings"
)

// DefaultFlows is the folder of contact flows that is used where it exists.
const DefaultFlows = "flows"

// contactFlows are the contact flows of a server, and the watch over their files.
type contactFlows struct {
	library *flowrun.Library
	dir     string
	cancel  context.CancelFunc
	watch   sync.WaitGroup
}

// openFlows reads the folder of contact flows, if there is one, and follows its changes.
func openFlows(ctx context.Context, s *settings.Settings, log *slog.Logger) (*contactFlows, error) {
	f := &contactFlows{library: flowrun.NewLibrary(settings.Map(s.Names)), cancel: func() {}}
	f.library.Quick(settings.Map(s.Transfers))
	dir := s.Flows
	if dir == "" {
		if !isFolder(DefaultFlows) {
			return f, nil // only what is created through the API
		}
		dir = DefaultFlows
	}
	if !isFolder(dir) {
		return nil, hint.Usage(fmt.Sprintf("--flows: there is no folder %s", dir), "name the folder with the flows that were exported from Amazon Connect")
	}
	// By its name, each time: an editor, or git, may put another folder in its place.
	f.dir = dir
	folder := flowrun.NewFolder(os.DirFS(dir), f.library)
	tell := func(findings []flow.Finding, changed int, err error) {
		f.tell(ctx, log.With(slog.String("folder", dir)), findings, changed, err)
	}
	findings, changed, err := folder.Load()
	if err != nil {
		return nil, hint.New(fmt.Errorf("--flows: %w", err), "let it be read, or name another folder")
	}
	tell(findings, changed, nil)
	watched, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f.cancel = cancel
	f.watch.Go(func() { folder.Watch(watched, tell) })
	return f, nil
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// tell logs what there is to say about the files.
func (f *contactFlows) tell(ctx context.Context, log *slog.Logger, findings []flow.Finding, changed int, err error) {
	if err != nil {
		log.WarnContext(ctx, "contact flows cannot be read", slog.Any("error", err))
		return
	}
	for _, finding := range findings {
		level := slog.LevelWarn
		if finding.Level == flow.Broken {
			level = slog.LevelError
		}
		log.LogAttrs(ctx, level, "contact flow", slog.String("finding", finding.String()), slog.String("rule", finding.Rule))
	}
	var names []string
	for _, p := range f.library.Files() {
		names = append(names, p.Name())
	}
	log.InfoContext(ctx, "contact flows", slog.Int("changed_files", changed), slog.Any("flows", names))
	for _, m := range f.library.Missing() {
		log.WarnContext(ctx, "a contact flow names another one that is not here; put its file into the folder, or say in parley.yaml under names which one is meant",
			slog.String("flow", m.Flow), slog.String("block", m.Action), slog.String("names", m.Value), slog.String("shown_as", m.Shown))
	}
	if _, ok := f.library.Entry(); !ok && len(names) > 0 {
		log.WarnContext(ctx, "no contact flow is the first one, so a chat that names none of them runs none",
			slog.String("hint", "name it with --contact-flow-id and its name or file name, or let the page name it (docs/flows.md#which-flow-a-chat-gets)"))
	}
}

// text says in one line which flows the folder has; nothing without a folder.
func (f *contactFlows) text() string {
	if f.dir == "" {
		return ""
	}
	n := len(f.library.Files())
	text := fmt.Sprintf("%d in %s", n, f.dir)
	if first, ok := f.library.Entry(); ok {
		text += ", chats begin with " + screen.Cell(first.Name())
	}
	return text
}

// close ends the watch.
func (f *contactFlows) close() {
	f.cancel()
	f.watch.Wait()
}

// list are the flows of the folder as the Amazon Connect API shows them.
func (f *contactFlows) list() []connectserver.Flow {
	var flows []connectserver.Flow
	for _, p := range f.library.Files() {
		flows = append(flows, connectserver.Flow{ID: p.ID(), Name: p.Name(), Type: string(p.Kind()), Content: p.Content()})
	}
	return flows
}
