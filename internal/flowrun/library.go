package flowrun

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/glob"
)

// Library are the flows there are, and the names by which flows refer to each other and to other
// resources. It is safe for concurrent use.
type Library struct {
	names map[string]string                 // what the configuration calls a reference; keys may hold *
	ids   atomic.Pointer[map[string]string] // the names of queues, hours and agents of the instance, by id
	// transfers are the flows for transfers by agents, by the names of queues and agents, which may hold *.
	transfers map[string]string

	mu       sync.RWMutex
	files    []*flow.Program // in the order of their files
	programs []*flow.Program // those of files, then those that were created through the API
	entry    *flow.Program   // for chats whose flow nobody here knows; nil for none
}

// NewLibrary returns a library without flows. The names map references of another environment
// (ARNs, ids, names; * stands for anything) to flows and queues of this one.
func NewLibrary(names map[string]string) *Library { return &Library{names: names} }

// Quick names the flows that run when an agent passes a chat on, by the names of queues and agents (*
// stands for anything). It belongs before the first chat.
func (l *Library) Quick(transfers map[string]string) { l.transfers = transfers }

// Transfer returns the flow of a kind that runs when an agent passes a chat on to a queue or an agent:
// the one that the configuration names, or else the only one of that kind; nil for none. Where there
// could be one, why says what is missing.
func (l *Library) Transfer(kind flow.Kind, target string) (p *flow.Program, why string) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if name, ok := glob.Find(l.transfers, target); ok {
		p = l.find(name, "")
		switch {
		case p == nil:
			return nil, fmt.Sprintf("transfers in parley.yaml names a flow that is not here: %q", name)
		case p.Source().Kind != "" && p.Kind() != kind:
			return nil, fmt.Sprintf("transfers in parley.yaml names %q, which is of the type %s and not %s", name, p.Kind(), kind)
		}
		return p, ""
	}
	for _, other := range l.programs {
		switch {
		case other.Kind() != kind:
		case p != nil:
			return nil, fmt.Sprintf("there are several flows of the type %s: write into parley.yaml, under transfers, %s: and the name of the one", kind, strconv.Quote(target))
		default:
			p = other
		}
	}
	return p, ""
}

// Set replaces the flows of files. Contacts that run one go on with what they began.
func (l *Library) Set(programs []*flow.Program) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.programs = slices.Concat(programs, l.programs[len(l.files):])
	l.files = programs
	l.entry = l.first()
}

// Deploy replaces the flows that were created through the API. A chat gets one by its id; where a name
// means a file as well, the file wins.
func (l *Library) Deploy(programs []*flow.Program) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.programs = slices.Concat(l.files, programs)
}

// Files returns the flows of files, in their order.
func (l *Library) Files() []*flow.Program {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return slices.Clone(l.files)
}

// all returns all flows, those of files first.
func (l *Library) all() []*flow.Program {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return slices.Clone(l.programs)
}

// Find returns the flow of a reference: what the configuration maps it to, the flow with that id or
// ARN, with that name or file name, or with the name the designer shows for the reference.
func (l *Library) Find(ref, shown string) (*flow.Program, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	p := l.find(ref, shown)
	return p, p != nil
}

// find is Find for those who hold the lock.
func (l *Library) find(ref, shown string) *flow.Program {
	for _, name := range []string{l.mapped(ref), ref, l.mapped(shown), shown} {
		if p := l.named(name); p != nil {
			return p
		}
	}
	return nil
}

// Entry returns the flow for chats whose flow nobody here knows: the only inbound flow of a file that
// no other file leads to. A page names a flow of an instance, and an export does not say which it is;
// a flow that was created through the API has the id that a page names.
func (l *Library) Entry() (*flow.Program, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.entry, l.entry != nil
}

// first finds the only inbound flow that no other flow leads to; nil when there are several or none.
// The caller holds the lock.
func (l *Library) first() *flow.Program {
	targets := map[*flow.Program]bool{}
	for _, p := range l.files {
		for _, ref := range flow.References(p.Source()) {
			if ref.Kind != flow.FlowResource {
				continue
			}
			for _, name := range []string{l.mapped(ref.Value), ref.Value, l.mapped(ref.Shown), ref.Shown} {
				if target := l.named(name); target != nil && target != p {
					targets[target] = true
				}
			}
		}
	}
	var entry *flow.Program
	for _, p := range l.files {
		if p.Kind() != flow.Inbound || targets[p] {
			continue
		}
		if entry != nil {
			return nil
		}
		entry = p
	}
	return entry
}

// Queue returns the name of the queue of a reference.
func (l *Library) Queue(ref, shown string) string {
	if mapped := cmp.Or(l.mapped(ref), l.mapped(shown)); mapped != "" {
		return mapped
	}
	return cmp.Or(shown, tail(ref))
}

// Name replaces the names of the queues, hours and agents that flows refer to by their ids.
func (l *Library) Name(ids map[string]string) { l.ids.Store(&ids) }

// mapped is what the configuration says a reference is, or the name of what has the id in it; empty for
// nothing.
func (l *Library) mapped(ref string) string {
	if to, ok := glob.Find(l.names, ref); ok {
		return to
	}
	if ids := l.ids.Load(); ids != nil {
		return (*ids)[tail(ref)]
	}
	return ""
}

// named finds a flow by id, ARN, name or file name, or by what a template calls it in a reference of
// its own, as ${Main.ContactFlowArn}. The caller holds the lock.
func (l *Library) named(name string) *flow.Program {
	if name == "" {
		return nil
	}
	name, _, _ = strings.Cut(name, ":$") // $LATEST is what runs
	id, logical := tail(name), flow.Logical(name)
	for _, same := range []func(s flow.Source) bool{
		func(s flow.Source) bool { return s.ID != "" && strings.HasSuffix(name, "/"+s.ID) }, // with its version
		func(s flow.Source) bool { return s.ARN == name || s.ID != "" && s.ID == id || s.Key() == name },
		func(s flow.Source) bool { return s.Logical == name || s.DisplayName() == name },
		func(s flow.Source) bool { return s.Logical != "" && s.Logical == logical },
		func(s flow.Source) bool {
			return s.File == name || strings.TrimSuffix(path.Base(s.File), path.Ext(s.File)) == name
		},
	} {
		for _, p := range l.programs {
			if same(p.Source()) {
				return p
			}
		}
	}
	return nil
}

// Missing is a resource that a flow names, such as a flow or module that nobody has.
type Missing struct {
	Flow string
	flow.Resource
}

// Named is a resource that a flow names, with what the action asks of it, paths unresolved.
type Named struct {
	Missing
	Ask flow.Ask
}

// Named are the resources of a kind that flows name, each once, with the first flow that names it.
func (l *Library) Named(kind flow.ResourceKind) []Named {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var all []Named
	for _, p := range l.programs {
		actions := p.Source().Document.Actions
		for _, ref := range flow.References(p.Source()) {
			if ref.Kind != kind || slices.ContainsFunc(all, func(n Named) bool { return n.Value == ref.Value && n.Shown == ref.Shown }) {
				continue
			}
			a := &actions[slices.IndexFunc(actions, func(a flow.Action) bool { return a.Identifier == ref.Action })]
			all = append(all, Named{Missing{p.Name(), ref}, flow.Ask{Type: a.Type, Action: a.Identifier, Parameters: a.Parameters, Shown: ref.Shown}})
		}
	}
	return all
}

// Missing are the flows and modules that flows, or transfers of the configuration, name and that are
// not here.
func (l *Library) Missing() []Missing {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var missing []Missing
	for _, p := range l.programs {
		for _, ref := range flow.References(p.Source()) {
			if ref.Kind != flow.FlowResource && ref.Kind != flow.ModuleResource {
				continue
			}
			if l.find(ref.Value, ref.Shown) == nil {
				missing = append(missing, Missing{p.Name(), ref})
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.transfers)) {
		if ref := l.transfers[name]; l.find(ref, "") == nil {
			missing = append(missing, Missing{"transfers." + name, flow.Resource{Kind: flow.FlowResource, Value: ref}})
		}
	}
	return missing
}

// tail is the id at the end of an ARN, without a version; anything else stays as it is.
func tail(ref string) string {
	if !strings.HasPrefix(ref, "arn:") {
		return ref
	}
	id := ref[strings.LastIndexByte(ref, '/')+1:]
	id, _, _ = strings.Cut(id, ":")
	return id
}
