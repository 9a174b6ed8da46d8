package instance_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/instance"
)

// shelf is a store in memory that can fail.
type shelf struct {
	documents map[string]map[string][]byte
	broken    error
}

func (s *shelf) Documents(_ context.Context, kind string) (map[string][]byte, error) {
	return maps.Clone(s.documents[kind]), s.broken
}

func (s *shelf) PutDocument(_ context.Context, kind, id string, body []byte) error {
	if s.broken != nil {
		return s.broken
	}
	if s.documents == nil {
		s.documents = map[string]map[string][]byte{}
	}
	if s.documents[kind] == nil {
		s.documents[kind] = map[string][]byte{}
	}
	if s.documents[kind][id] = body; body == nil {
		delete(s.documents[kind], id)
	}
	return nil
}

const ends = `{"Version":"2019-10-30","StartAction":"e","Actions":[{"Identifier":"e","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}]}`

func inbound(name string) instance.Flow {
	return instance.Flow{Kind: flow.Inbound, Name: name, Published: ends, Tags: map[string]string{"a": "b"}}
}

func open(t *testing.T, cfg instance.Config) *instance.Keeper {
	t.Helper()
	k, err := instance.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// What the store does not keep is not there, and does not run.
func TestFailingStoreLeavesNoTrace(t *testing.T) {
	t.Parallel()
	kept, running := &shelf{}, 0
	k := open(t, instance.Config{Store: kept, Runs: func(p []*flow.Program) { running = len(p) }})
	f, err := k.Create(t.Context(), inbound("a"))
	if err != nil || k.Link(t.Context(), instance.Function, "arn") != nil {
		t.Fatal(err)
	}
	before := k.Flows()
	kept.broken = errors.New("full")
	_, created := k.Create(t.Context(), inbound("b"))
	_, changed := k.Change(t.Context(), f.ID, false, func(f *instance.Flow) error {
		f.Name, f.Archived, f.Tags["a"] = "c", true, "d"
		return nil
	})
	for what, err := range map[string]error{
		"create": created, "change": changed, "remove": k.Remove(t.Context(), f.ID, false), "add": k.Link(t.Context(), instance.Function, "other"),
		"take away": k.Unlink(t.Context(), instance.Function, "arn"),
	} {
		if !errors.Is(err, kept.broken) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if diff := cmp.Diff(before, k.Flows()); diff != "" || running != 1 {
		t.Errorf("%d run (-before +after):\n%s", running, diff)
	}
	if diff := cmp.Diff([]string{"arn"}, k.Linked(instance.Function)); diff != "" {
		t.Error(diff)
	}
	if _, err := instance.Open(t.Context(), instance.Config{Store: kept}); !errors.Is(err, kept.broken) {
		t.Errorf("opened: %v", err)
	}
}

// A flow that this program cannot run any more is there, does not run, and can be given other names and
// tags before it is published again.
func TestUnreadableFlowStays(t *testing.T) {
	t.Parallel()
	kept := &shelf{documents: map[string]map[string][]byte{"flow": {"x": []byte(`{"id":"x","kind":"CONTACT_FLOW","name":"old","published":"{}"}`)}}}
	running := 0
	k := open(t, instance.Config{Store: kept, Runs: func(p []*flow.Program) { running = len(p) }})
	change := func(f func(*instance.Flow)) error {
		_, err := k.Change(t.Context(), "x", false, func(flow *instance.Flow) error { f(flow); return nil })
		return err
	}
	if err := change(func(f *instance.Flow) { f.Name = "new" }); err != nil || running != 0 {
		t.Errorf("%v, %d run", err, running)
	}
	if _, ok := errors.AsType[*instance.InvalidError](change(func(f *instance.Flow) { f.Published = `{"Actions":[]}` })); !ok {
		t.Error("another broken content was published")
	}
	if err := change(func(f *instance.Flow) { f.Published = ends }); err != nil || running != 1 {
		t.Errorf("%v, %d run", err, running)
	}
}

// What is larger than Amazon Connect takes is refused, although it would run.
func TestSizesAreRefused(t *testing.T) {
	t.Parallel()
	k := open(t, instance.Config{Store: &shelf{}})
	for actions, fits := range map[int]bool{flow.MaxActions: true, flow.MaxActions + 1: false} {
		var list []string
		for i := range actions {
			list = append(list, fmt.Sprintf(`{"Identifier":"%d","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}`, i))
		}
		f := inbound(fmt.Sprint(actions))
		f.Published = `{"Version":"2019-10-30","StartAction":"0","Actions":[` + strings.Join(list, ",") + `]}`
		_, err := k.Create(t.Context(), f)
		if _, invalid := errors.AsType[*instance.InvalidError](err); invalid == fits {
			t.Errorf("%d actions: %v", actions, err)
		}
	}
}

// Quotas count flows, modules and functions for themselves, and only where they are asked for.
func TestQuotas(t *testing.T) {
	t.Parallel()
	for _, limited := range []bool{true, false} {
		k := open(t, instance.Config{Store: &shelf{}, Limited: limited})
		fill := func(kind flow.Kind, n int) (err error) {
			for i := range n {
				if _, err = k.Create(t.Context(), instance.Flow{Kind: kind, Name: fmt.Sprint(i), Draft: "{}"}); err != nil {
					return fmt.Errorf("the one with number %d: %w", i+1, err)
				}
			}
			return nil
		}
		for kind, quota := range map[flow.Kind]int{flow.Inbound: instance.MaxFlows, flow.Module: instance.MaxModules} {
			if err := fill(kind, quota); err != nil {
				t.Error(err)
			}
			_, err := k.Create(t.Context(), instance.Flow{Kind: kind, Name: "more", Draft: "{}"})
			if errors.Is(err, instance.ErrLimit) != limited {
				t.Errorf("limited %v: one more %s: %v", limited, kind, err)
			}
		}
		for link, quota := range map[instance.Link]int{instance.Function: 50, instance.Bot: 100, instance.OldBot: 70} {
			for i := range quota {
				if err := k.Link(t.Context(), link, fmt.Sprint(i)); err != nil {
					t.Error(err)
				}
			}
			if err := k.Link(t.Context(), link, "more"); errors.Is(err, instance.ErrLimit) != limited {
				t.Errorf("limited %v: one more %s: %v", limited, link, err)
			}
		}
	}
}

// A module runs by its id, by the numbers of its versions, and by the names and ids of their aliases,
// which lead to another version from the moment on that they name it.
func TestModuleRunsByItsAliases(t *testing.T) {
	t.Parallel()
	var running []string
	k := open(t, instance.Config{Store: &shelf{}, Runs: func(programs []*flow.Program) {
		running = nil
		for _, p := range programs {
			running = append(running, strings.ReplaceAll(p.Source().ID+" "+p.Name(), p.Source().ID[:36], "ID"))
		}
	}})
	const end = `{"Version":"2019-10-30","StartAction":"e","Settings":{},"Actions":[{"Identifier":"e","Type":"EndFlowModuleExecution","Parameters":{},"Transitions":{}}]}`
	f, err := k.Create(t.Context(), instance.Flow{Kind: flow.Module, Name: "m", Published: end})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		version int
		want    []string
	}{{1, []string{"ID m", "ID:1 m", "ID:live m", "ID:a-1 m", "ID:2 m"}}, {2, []string{"ID m", "ID:1 m", "ID:2 m", "ID:live m", "ID:a-1 m"}}} {
		_, err := k.Change(t.Context(), f.ID, true, func(f *instance.Flow) error {
			f.Versions = []instance.Version{{Number: 1, Content: end}, {Number: 2, Content: end}}
			f.Aliases = []instance.Alias{{ID: "a-1", Name: "live", Version: test.version}}
			return nil
		})
		if diff := cmp.Diff(test.want, running); err != nil || diff != "" {
			t.Errorf("%v, runs (-want +got):\n%s", err, diff)
		}
	}
}
