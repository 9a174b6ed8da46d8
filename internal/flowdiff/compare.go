// Package flowdiff compares two versions of a contact flow by what they do: their blocks, the
// parameters of these and where each branch leads. Where the designer draws a block, in which order
// the file lists them and what an import calls them anew is no difference.
package flowdiff

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/parley-chat/parley/internal/flow"
)

// Diff is what differs between two versions of a flow. It is empty for flows that do the same.
type Diff struct {
	// Start is set when the flow begins at another block.
	Start   *Change `json:"start,omitempty"`
	Removed []Block `json:"removed,omitempty"`
	Added   []Block `json:"added,omitempty"`
	// Changed are the blocks of both versions that do something else, in the order of the new one.
	Changed []Changed `json:"changed,omitempty"`
	// Settings are the differences in what a module declares.
	Settings []Change `json:"settings,omitempty"`
}

// Equal reports whether the versions do the same.
func (d *Diff) Equal() bool {
	return d.Start == nil && len(d.Removed)+len(d.Added)+len(d.Changed)+len(d.Settings) == 0
}

// Block is one block of one version.
type Block struct {
	ID   string `json:"id"`
	Name string `json:"name"` // as the designer shows it
	Type string `json:"type"`
}

// Changed is a block that both versions have. Was is its id in the old one where that is another.
type Changed struct {
	Block
	Was      string   `json:"was,omitempty"`
	Changes  []Change `json:"changes,omitempty"`  // of parameters
	Branches []Change `json:"branches,omitempty"` // of where it leads, to blocks as the designer shows them
}

// Change is a place with two values. A side that has nothing there is nil.
type Change struct {
	Place string `json:"place"`
	Old   any    `json:"old"`
	New   any    `json:"new"`
}

// Compare compares two versions of a flow. The function same gives a text of a parameter the name
// under which it is compared, such as the one that the configuration maps an ARN to.
func Compare(before, after *flow.Document, same func(string) string) Diff {
	c := comparison{same: same, before: newVersion(before, same), after: newVersion(after, same)}
	c.match()
	return c.diff()
}

// version is one of the two documents.
type version struct {
	*flow.Document
	at     map[string]int // the places of blocks in Actions, by their ids
	params []string       // of each block: its type and parameters as one text
	pair   []int          // of each block: the place of the same block in the other version; -1 for none
}

func newVersion(d *flow.Document, same func(string) string) *version {
	v := &version{Document: d, at: make(map[string]int, len(d.Actions)), params: make([]string, len(d.Actions)), pair: make([]int, len(d.Actions))}
	for i := range d.Actions {
		v.at[d.Actions[i].Identifier] = i
		v.pair[i] = -1
		text, err := json.Marshal(named(d.Actions[i].Parameters, same))
		if err != nil { // values of JSON can always be written
			text = []byte(err.Error())
		}
		v.params[i] = d.Actions[i].Type + " " + string(text)
	}
	return v
}

// named is a JSON value with its texts under the names by which they are compared.
func named(value any, same func(string) string) any {
	switch value := value.(type) {
	case string:
		return same(value)
	case []any:
		list := make([]any, len(value))
		for i := range value {
			list[i] = named(value[i], same)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(value))
		for key, member := range value {
			object[key] = named(member, same)
		}
		return object
	}
	return value
}

func (v *version) block(i int) Block {
	a := &v.Actions[i]
	return Block{ID: a.Identifier, Name: v.DisplayName(a), Type: a.Type}
}

// branches are where a block leads: ids by the branch's name, in the order of the file. Of two conditions
// with one operand the first wins, and both are compared.
func (v *version) branches(i int) (names []string, targets map[string]string) {
	targets = map[string]string{}
	for _, b := range v.Actions[i].Transitions.Branches() {
		name := b.String()
		for n := 2; targets[name] != ""; n++ {
			name = fmt.Sprintf("%s (%d)", b, n)
		}
		names = append(names, name)
		targets[name] = b.To
	}
	return names, targets
}

// comparison finds out which blocks of two versions are the same.
type comparison struct {
	same          func(string) string
	before, after *version
}

func (c *comparison) join(i, j int) {
	c.before.pair[i], c.after.pair[j] = j, i
}

// match pairs the blocks: those with one id; those with equal parameters, where only one of each side
// has them; and those to which the same branch of a pair leads. A copy of a flow has new ids
// throughout, so that the later steps have something to find.
func (c *comparison) match() {
	for i := range c.before.Actions {
		if j, ok := c.after.at[c.before.Actions[i].Identifier]; ok && c.before.Actions[i].Type == c.after.Actions[j].Type {
			c.join(i, j)
		}
	}
	c.unique()
	i, begins := c.before.at[c.before.StartAction]
	j, began := c.after.at[c.after.StartAction]
	if begins && began {
		c.meet(i, j)
	}
	for joined := true; joined; {
		joined = false
		for i := range c.before.Actions {
			if j := c.before.pair[i]; j >= 0 && c.follow(i, j) {
				joined = true
			}
		}
	}
}

// unique pairs blocks with equal parameters of which each side has one left.
func (c *comparison) unique() {
	left := func(v *version) map[string]int {
		only := map[string]int{}
		for i, params := range v.params {
			if v.pair[i] >= 0 {
				continue
			}
			if _, twice := only[params]; twice {
				only[params] = -1
			} else {
				only[params] = i
			}
		}
		return only
	}
	after := left(c.after)
	for params, i := range left(c.before) {
		if j, ok := after[params]; ok && i >= 0 && j >= 0 {
			c.join(i, j)
		}
	}
}

// follow pairs the blocks to which the branches of a pair lead, and reports whether there were any.
func (c *comparison) follow(i, j int) (joined bool) {
	names, before := c.before.branches(i)
	_, after := c.after.branches(j)
	for _, name := range names {
		x, here := c.before.at[before[name]]
		y, there := c.after.at[after[name]]
		joined = here && there && c.meet(x, y) || joined
	}
	return joined
}

// meet pairs two blocks that have none yet and are of one type.
func (c *comparison) meet(i, j int) bool {
	if c.before.pair[i] >= 0 || c.after.pair[j] >= 0 || c.before.Actions[i].Type != c.after.Actions[j].Type {
		return false
	}
	c.join(i, j)
	return true
}

// diff lists what differs between the paired versions.
func (c *comparison) diff() Diff {
	var d Diff
	if !c.leadsSame(c.before.StartAction, c.after.StartAction) {
		d.Start = &Change{"StartAction", c.before.shown(c.before.StartAction), c.after.shown(c.after.StartAction)}
	}
	for i, j := range c.before.pair {
		if j < 0 {
			d.Removed = append(d.Removed, c.before.block(i))
		}
	}
	for j, i := range c.after.pair {
		if i < 0 {
			d.Added = append(d.Added, c.after.block(j))
			continue
		}
		changed := Changed{Block: c.after.block(j)}
		if was := c.before.Actions[i].Identifier; was != changed.ID {
			changed.Was = was
		}
		if c.before.params[i] != c.after.params[j] {
			changed.Changes = c.values(nil, "", anyMap(c.before.Actions[i].Parameters), anyMap(c.after.Actions[j].Parameters))
		}
		changed.Branches = c.branchChanges(i, j)
		if len(changed.Changes)+len(changed.Branches) > 0 {
			d.Changed = append(d.Changed, changed)
		}
	}
	d.Settings = c.values(nil, "", decoded(c.before.Settings), decoded(c.after.Settings))
	return d
}

// leadsSame reports whether two ids mean the same block, or are both dangling under one name.
func (c *comparison) leadsSame(before, after string) bool {
	i, here := c.before.at[before]
	j, there := c.after.at[after]
	if !here || !there {
		return here == there && before == after
	}
	return c.before.pair[i] == j
}

// shown is an id as a person finds the block again: the name where it has one, else the type and id.
func (v *version) shown(id string) string {
	i, ok := v.at[id]
	if !ok {
		return id
	}
	b := v.block(i)
	if b.Name == b.Type {
		return b.Type + " " + b.ID
	}
	return b.Name
}

// branchChanges are the branches of a pair that lead elsewhere, or that one version lacks.
func (c *comparison) branchChanges(i, j int) (changes []Change) {
	names, before := c.before.branches(i)
	more, after := c.after.branches(j)
	for _, name := range more {
		if _, both := before[name]; !both {
			names = append(names, name)
		}
	}
	for _, name := range names {
		x, here := before[name]
		y, there := after[name]
		switch {
		case here && there && c.leadsSame(x, y):
		case here && there:
			changes = append(changes, Change{name, c.before.shown(x), c.after.shown(y)})
		case here:
			changes = append(changes, Change{name, c.before.shown(x), nil})
		default:
			changes = append(changes, Change{name, nil, c.after.shown(y)})
		}
	}
	return changes
}

// values adds the places below one at which two JSON values differ.
func (c *comparison) values(changes []Change, place string, before, after any) []Change {
	switch x := before.(type) {
	case map[string]any:
		if y, ok := after.(map[string]any); ok {
			keys := maps.Clone(x)
			maps.Copy(keys, y)
			for _, key := range slices.Sorted(maps.Keys(keys)) {
				inner := key
				if place != "" {
					inner = place + "." + key
				}
				changes = c.values(changes, inner, x[key], y[key])
			}
			return changes
		}
	case []any:
		if y, ok := after.([]any); ok {
			for i := range max(len(x), len(y)) {
				changes = c.values(changes, fmt.Sprintf("%s[%d]", place, i), item(x, i), item(y, i))
			}
			return changes
		}
	case string:
		if y, ok := after.(string); ok && c.same(x) == c.same(y) {
			return changes
		}
	default:
		if y := after; y == nil && x == nil || x != nil && y != nil && isPlain(y) && x == y {
			return changes
		}
	}
	return append(changes, Change{cmp.Or(place, "."), before, after})
}

// isPlain reports whether a JSON value can be compared as it is.
func isPlain(value any) bool {
	switch value.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}

func item(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return nil
}

// anyMap is an object as a JSON value; a missing one is an empty one.
func anyMap(m map[string]any) any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

// decoded is the value of a JSON text; a missing one is nil.
func decoded(text json.RawMessage) (value any) {
	if json.Unmarshal(text, &value) != nil {
		return nil
	}
	return value
}
