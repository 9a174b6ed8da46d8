// Package flowcheck says what Amazon Connect would refuse of a flow when it is published, and what in
// flows that belong together nobody gives a value. It adds to what [flow.Compile] finds about running
// one flow, so that both are one list under one set of rules, and rewrites in a file what has exactly
// one right form.
//
// A rule is a row of [Rules]; its code is one function over one action. Nothing here keeps state, and
// all of it is safe for concurrent use.
package flowcheck

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/parley-chat/parley/internal/flow"
)

// File is a file as it was read: the flows in it that can run, and what was found on the way there.
type File struct {
	// Name is the file's name as its user writes it, with slashes.
	Name     string
	Programs []*flow.Program
	// Findings are those of [flow.Read] and [flow.Compile].
	Findings []flow.Finding
}

// converted reports whether the file has a flow in the older format. It is not what was looked at, and
// Amazon Connect converts it itself.
func (f *File) converted() bool {
	return slices.ContainsFunc(f.Programs, func(p *flow.Program) bool { return p.Source().Size == 0 })
}

// Check returns what there is to say about files whose flows belong together, in the order of the
// files and their blocks: the findings that they come with and those of the rules of this package.
// Each has the page of its rule. What Amazon Connect refuses has the level [flow.Refused], also where
// it was only doubtful before.
func Check(files []File) []flow.Finding {
	rules := Rules()
	byID := make(map[string]*Rule, len(rules))
	for i := range rules {
		byID[rules[i].ID] = &rules[i]
	}
	set := gather(files)
	all := []flow.Finding{}
	for _, file := range files {
		var found []flow.Finding
		for _, p := range file.Programs {
			if file.converted() {
				break
			}
			found = append(found, look(p, file.Name, set, rules)...)
		}
		replaced := map[[3]string]bool{}
		for _, f := range found {
			for _, id := range append(byID[f.Rule].insteadOf, f.Rule) {
				replaced[[3]string{f.Flow, f.Action, id}] = true
			}
		}
		for _, f := range file.Findings {
			f.File, f.Flow = named(file.Name, f.File, f.Flow)
			if f.Level == flow.Doubtful && replaced[[3]string{f.Flow, f.Action, f.Rule}] {
				continue
			}
			if rule := byID[f.Rule]; rule != nil {
				f.Page = cmp.Or(f.Page, rule.Page)
				if f.Level == flow.Doubtful && !file.converted() {
					f.Level = rule.Level
				}
			}
			all = append(all, f)
		}
		all = append(all, found...)
	}
	places := placesOf(files)
	slices.SortStableFunc(all, func(x, y flow.Finding) int {
		return places[[3]string{x.File, x.Flow, x.Action}] - places[[3]string{y.File, y.Flow, y.Action}]
	})
	return all
}

// named is a finding's file as the user wrote it, and its flow: a flow without a name has that of its
// file, which need not be said twice.
func named(name, file, flowName string) (string, string) {
	if flowName == file {
		flowName = ""
	}
	return filepath.ToSlash(name), flowName
}

// placesOf numbers the blocks of all files, and before them what is said of a file or a flow as a
// whole.
func placesOf(files []File) map[[3]string]int {
	places := map[[3]string]int{}
	number := func(key [3]string) {
		if _, there := places[key]; !there {
			places[key] = len(places)
		}
	}
	for _, file := range files {
		for _, f := range file.Findings {
			if f.Action == "" {
				name, flowName := named(file.Name, f.File, f.Flow)
				number([3]string{name, flowName})
			}
		}
		for _, p := range file.Programs {
			s := p.Source()
			name, flowName := named(file.Name, s.File, s.DisplayName())
			number([3]string{name, flowName})
			for i := range s.Document.Actions {
				number([3]string{name, flowName, s.Document.Actions[i].Identifier})
			}
		}
		for _, f := range file.Findings { // of flows that cannot run
			name, flowName := named(file.Name, f.File, f.Flow)
			number([3]string{name, flowName, f.Action})
		}
	}
	return places
}

// Fails reports whether Amazon Connect would refuse something.
func Fails(findings []flow.Finding) bool {
	return slices.ContainsFunc(findings, func(f flow.Finding) bool { return f.Level != flow.Doubtful })
}

// inspection is the look at one flow by one rule after the other.
type inspection struct {
	source  flow.Source
	file    string
	kind    flow.Kind
	certain bool // the kind is known, and not what most flows are
	set     *set
	demands map[string]demand
	rule    *Rule
	found   []flow.Finding
}

// look goes through a flow with the rules of this package.
func look(p *flow.Program, file string, all *set, rules []Rule) []flow.Finding {
	s := p.Source()
	i := inspection{source: s, file: file, set: all, demands: demands()}
	i.kind, i.certain = all.kind(p)
	for r := range rules {
		i.rule = &rules[r]
		if i.rule.flow != nil {
			i.rule.flow(&i)
		}
		if i.rule.action == nil {
			continue
		}
		for a := range s.Document.Actions {
			i.rule.action(&i, &s.Document.Actions[a])
		}
	}
	return i.found
}

// tell adds a finding about an action, or about the flow without one. The remedy is the rule's own
// where none is given.
func (i *inspection) tell(a *flow.Action, remedy, format string, args ...any) {
	f := flow.Finding{
		Level: i.rule.Level, Rule: i.rule.ID, Text: fmt.Sprintf(format, args...), Remedy: cmp.Or(remedy, i.rule.Remedy), Page: i.rule.Page,
	}
	f.File, f.Flow = named(i.file, i.source.File, i.source.DisplayName())
	if a != nil {
		f.Action, f.Name = a.Identifier, i.source.Document.DisplayName(a)
		if i.rule.ofAction {
			f.Page = cmp.Or(i.demands[a.Type].page, f.Page)
		}
	}
	i.found = append(i.found, f)
}
