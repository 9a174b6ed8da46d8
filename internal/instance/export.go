package instance

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
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
// views; queues and hours of operation as the configuration has them, in parley.yaml. Of a flow that was
// never published it is what was saved. References stay as they came, and the names of what they mean
// stand beside them; versions of modules that flows call are modules of their own. Notes say in sentences
// what is not in the files.
func (k *Keeper) Export() (files []File, notes []string, err error) {
	e := &export{k: k, taken: map[string]bool{}, names: map[string]string{}}
	for _, f := range k.Flows() {
		content, status := f.Published, "published"
		if content == "" {
			content, status = f.Draft, "saved"
		}
		e.flow(f, f.ID, f.Name, content, map[string]string{"description": f.Description, "status": status})
	}
	for done := 0; ; done++ { // one can call others
		if done == len(e.versions) {
			break
		}
		v := e.versions[done]
		e.flow(v.of, v.of.ID+":"+strconv.Itoa(v.Number), v.name(), v.Content, map[string]string{"description": v.Description, "status": "published"})
	}
	if err := e.views(); err != nil {
		return nil, nil, err
	}
	if err := e.settings(); err != nil {
		return nil, nil, err
	}
	return e.files, e.notes, nil
}

// export is what an export has come to.
type export struct {
	k        *Keeper
	files    []File
	notes    []string
	taken    map[string]bool // names of files
	versions []called
	names    map[string]string // what ids are called in the files
}

// called is a version of a module that flows call.
type called struct {
	of *Flow
	Version
}

func (c *called) name() string { return fmt.Sprintf("%s (version %d)", c.of.Name, c.Number) }

func (e *export) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(e.notes, text) {
		e.notes = append(e.notes, text)
	}
}

// flow writes a content of a flow.
func (e *export) flow(f *Flow, id, name, content string, metadata map[string]string) {
	metadata["name"], metadata["type"] = name, f.Kind.DesignerType()
	text, err := flow.Annotate([]byte(content), metadata, func(r flow.Resource) string { return e.shown(name, r) })
	if err != nil { // what is only saved may be anything
		text = []byte(content)
	}
	file := File{unique(e.taken, "flows", name, f.Kind), text}
	e.files = append(e.files, file)
	e.names["*"+id] = strings.TrimSuffix(path.Base(file.Path), ".json")
}

// views writes the views.
func (e *export) views() error {
	k := e.k
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
			return fmt.Errorf("writing the view %q: %w", v.Name, err)
		}
		e.files = append(e.files, File{path.Join("views", v.ID+".json"), append(text, '\n')})
	}
	return nil
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
func (e *export) shown(by string, r flow.Resource) string {
	k, id := e.k, r.Value
	if a, ok := arn.Parse(id); ok {
		_, id = a.KindOf()
	}
	id, version, _ := strings.Cut(id, ":")
	switch r.Kind {
	case flow.FlowResource, flow.ModuleResource:
		if f := k.flow(id, r.Kind == flow.ModuleResource); f != nil {
			return e.version(by, f, version)
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

// version is the name of a flow, or of the version of a module that is called by its number, or by the
// name or id of an alias.
func (e *export) version(by string, f *Flow, called string) string {
	if called == "" || strings.HasPrefix(called, "$") || f.Kind != flow.Module {
		return f.Name
	}
	number := called
	for _, a := range f.Aliases {
		if called == a.Name || called == a.ID {
			number = strconv.Itoa(a.Version)
		}
	}
	i := slices.IndexFunc(f.Versions, func(v Version) bool { return strconv.Itoa(v.Number) == number })
	if i < 0 {
		e.note("%s calls version %s of the module %s, which is not there any more", by, called, f.Name)
		return ""
	}
	return e.call(f, f.Versions[i], called)
}

// call has a version exported, once.
func (e *export) call(f *Flow, v Version, by string) string {
	c := called{f, v}
	if !slices.ContainsFunc(e.versions, func(other called) bool { return other.of == f && other.Number == v.Number }) {
		e.versions = append(e.versions, c)
	}
	e.names["*"+f.ID+":"+by] = c.name()
	return c.name()
}

func nameOf[T any](s *Shelf[T], id string) string {
	if one := s.Find(id); one != nil {
		return one.Name
	}
	return ""
}
