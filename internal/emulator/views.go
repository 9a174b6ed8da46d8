package emulator

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/participant"
)

// views are the views of step-by-step guides, read from files when they are asked for, so
// that an edit is seen at once.
type views struct {
	root   *os.Root
	region string
	log    *slog.Logger
}

// viewFile is a view as it stands in a file: as DescribeView answers it, but that the schema
// and the template may also be written as the JSON they are.
type viewFile struct {
	ID      string `json:"Id"`
	ARN     string `json:"Arn"`
	Name    string
	Version int
	Content struct {
		InputSchema, Template json.RawMessage
		Actions               []string
	}
}

func openViews(dir, region string, log *slog.Logger) (*views, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the directory of views: %w", err)
	}
	return &views{root, region, log}, nil
}

func (v *views) close() error { return v.root.Close() }

// view returns the view that a token names: one of a file, or one that a contact flow shows, which may
// have been created by a call. Of all others, such as Amazon Connect's own, there are the name, and the
// actions that flows know.
func (e *Emulator) view(token string) (participant.View, bool) {
	if v, ok := e.views.find(token); ok {
		return v, true
	}
	id, ok := flowrun.ViewOf(token)
	if !ok {
		return participant.View{}, false
	}
	bare, _, _ := strings.Cut(id, ":")
	if v, ok := e.views.find(bare); ok {
		return v, true
	}
	if v, ok := e.kept.View(id); ok && !v.Configured {
		return participant.View{
			ID: v.ID, ARN: e.instanceARN + "/view/" + v.ID, Name: v.Name, Version: max(1, v.Number, v.Is.Numbered),
			Content: participant.ViewContent{InputSchema: v.Schema(), Template: cmp.Or(v.Template, "{}"), Actions: v.Actions},
		}, true
	}
	id = bare
	return participant.View{
		ID: id, ARN: viewARN(e.region, id) + ":1", Name: id, Version: 1,
		Content: participant.ViewContent{InputSchema: "{}", Template: "{}", Actions: e.library.ViewActions(id)},
	}, true
}

// viewARN is the ARN of a view of Amazon Connect's own.
func viewARN(region, id string) string { return "arn:aws:connect:" + region + ":aws:view/" + id }

// find returns the view of a file; none without a directory.
func (v *views) find(token string) (participant.View, bool) {
	if v == nil {
		return participant.View{}, false
	}
	if strings.ContainsAny(token, `/\:`) {
		return participant.View{}, false
	}
	raw, err := v.root.ReadFile(token + ".json")
	if errors.Is(err, fs.ErrNotExist) {
		return participant.View{}, false
	}
	var file viewFile
	if err == nil {
		err = json.Unmarshal(raw, &file)
	}
	if err != nil {
		v.log.Warn("view cannot be read", slog.String("view", token), slog.Any("error", err))
		return participant.View{}, false
	}
	view := participant.View{ID: file.ID, ARN: file.ARN, Name: file.Name, Version: max(1, file.Version)}
	if view.ID == "" {
		view.ID = token
	}
	if view.Name == "" {
		view.Name = token
	}
	if view.ARN == "" {
		view.ARN = viewARN(v.region, view.ID)
	}
	view.Content = participant.ViewContent{
		InputSchema: text(file.Content.InputSchema), Template: text(file.Content.Template), Actions: file.Content.Actions,
	}
	return view, true
}

// text returns a JSON text: the one within a JSON string, or the value itself.
func text(raw json.RawMessage) string {
	var within string
	if json.Unmarshal(raw, &within) == nil {
		return within
	}
	if len(raw) == 0 {
		return "{}"
	}
	return string(raw)
}
