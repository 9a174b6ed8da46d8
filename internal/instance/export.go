package instance

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/flow"
)

// File is a file of an export.
type File struct {
	// Path is where it belongs, with slashes.
	Path    string
	Content []byte
}

// Export returns what was created as files: a flow or a module each in the flow language, as the flow
// designer imports it and a folder of flows has it, in flows; a view each as --views-dir reads it, in
// views. Of a flow that was never published it is what was saved. References stay as they came, and the
// names of what they mean stand beside them.
func (k *Keeper) Export() ([]File, error) {
	var files []File
	taken := map[string]bool{}
	for _, f := range k.Flows() {
		content, status := f.Published, "published"
		if content == "" {
			content, status = f.Draft, "saved"
		}
		text, err := flow.Annotate([]byte(content), map[string]string{
			"name": f.Name, "description": f.Description, "type": f.Kind.DesignerType(), "status": status,
		}, k.shown)
		if err != nil { // what is only saved may be anything
			text = []byte(content)
		}
		files = append(files, File{unique(taken, "flows", f.Name, f.Kind), text})
	}
	for _, v := range k.Views.All() {
		q, ok := Qualify(v, "")
		if !ok {
			q, _ = Qualify(v, "$SAVED")
		}
		if v.Configured {
			continue
		}
		template := json.RawMessage(q.Template)
		if !json.Valid(template) {
			template = json.RawMessage("{}")
		}
		text, err := json.MarshalIndent(map[string]any{
			"Id": v.ID, "Name": v.Name, "Version": max(1, v.Is.Numbered),
			"Content": map[string]any{"InputSchema": json.RawMessage(q.Schema()), "Template": template, "Actions": q.Actions},
		}, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("writing the view %q: %w", v.Name, err)
		}
		files = append(files, File{path.Join("views", v.ID+".json"), append(text, '\n')})
	}
	return files, nil
}

// unique is the name of a file for a flow. A module may have the name of a flow.
func unique(taken map[string]bool, folder, name string, kind flow.Kind) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, strings.TrimLeft(name, ". "))
	for n := 1; ; n++ {
		as := name
		if kind == flow.Module && n == 1 && taken[strings.ToLower(as)] {
			as += " (module)"
		} else if n > 1 {
			as = fmt.Sprintf("%s (%d)", name, n)
		}
		if key := strings.ToLower(as); !taken[key] { // some systems tell no capitals
			taken[key] = true
			return path.Join(folder, as+".json")
		}
	}
}

// shown is the name of what a flow means, when it was created or configured here.
func (k *Keeper) shown(r flow.Resource) string {
	id := r.Value
	if a, ok := arn.Parse(id); ok {
		_, id = a.KindOf()
	}
	id, _, _ = strings.Cut(id, ":")
	switch r.Kind {
	case flow.FlowResource, flow.ModuleResource:
		if f, ok := k.Find(id, r.Kind == flow.ModuleResource); ok {
			return f.Name
		}
	case flow.QueueResource:
		return nameOf(&k.Queues, id)
	case flow.HoursResource:
		return nameOf(&k.Hours, id)
	case flow.ViewResource:
		return nameOf(&k.Views, id)
	case flow.PromptResource:
		return nameOf(&k.Prompts, id)
	case flow.AgentResource:
		return nameOf(&k.Users, id)
	case flow.FunctionResource, flow.BotResource, flow.ApplicationResource: // whose ids are no instance's
	}
	return ""
}

func nameOf[T any](s *Shelf[T], id string) string {
	if one := s.Find(id); one != nil {
		return one.Name
	}
	return ""
}
