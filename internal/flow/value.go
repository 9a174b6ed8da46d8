package flow

import (
	"encoding/json"
	"math"
	"slices"
)

// value is a parameter made ready: the paths in its texts are found when the flow is loaded, not
// each time it runs.
type value struct {
	// plain is the value when nothing in it has to be resolved.
	plain any
	// parts are the pieces of a text with paths.
	parts []part
	// members and items are those of an object or a list with paths somewhere inside.
	members []member
	items   []value
}

// member is one member of an object. Its key may hold paths too.
type member struct{ key, value value }

// compile makes a JSON value ready. Unknown paths are reported to warn.
func compile(v any, warn func(unknown string)) value {
	switch v := v.(type) {
	case string:
		parts, unknown := split(v)
		for _, u := range unknown {
			warn(u)
		}
		if len(parts) == 1 && parts[0].path == nil {
			return value{plain: v}
		}
		return value{parts: parts}
	case map[string]any:
		members := make([]member, 0, len(v))
		still := true
		for _, key := range sortedKeys(v) {
			m := member{compile(key, warn), compile(v[key], warn)}
			still = still && m.key.still() && m.value.still()
			members = append(members, m)
		}
		if still {
			return value{plain: v}
		}
		return value{members: members}
	case []any:
		items := make([]value, 0, len(v))
		still := true
		for _, item := range v {
			items = append(items, compile(item, warn))
			still = still && items[len(items)-1].still()
		}
		if still {
			return value{plain: v}
		}
		return value{items: items}
	}
	return value{plain: v}
}

// still reports that nothing in the value has to be resolved.
func (v *value) still() bool { return v.parts == nil && v.members == nil && v.items == nil }

// path is the path that the whole value is, and nil for any other value.
func (v *value) path() path {
	if len(v.parts) == 1 {
		return v.parts[0].path
	}
	return nil
}

// resolve is the value with all paths replaced. A text that is exactly one path keeps the type of
// what it refers to; within a longer text everything becomes text.
func (v *value) resolve(r *run) any {
	switch {
	case v.members != nil:
		object := make(map[string]any, len(v.members))
		for i := range v.members {
			object[v.members[i].key.text(r)] = v.members[i].value.resolve(r)
		}
		return object
	case v.items != nil:
		list := make([]any, len(v.items))
		for i := range v.items {
			list[i] = v.items[i].resolve(r)
		}
		return list
	case len(v.parts) == 1:
		found := r.lookup(v.parts[0].path)
		if found == nil {
			return ""
		}
		return found
	case v.parts != nil:
		return v.text(r)
	}
	return v.plain
}

// asRead are results as they will be read from the state where that is stored as JSON, so that a flow
// finds the same whether it was or not.
func asRead(results map[string]any) (map[string]any, error) {
	if len(results) == 0 || isPlain(results) {
		return results, nil
	}
	data, err := json.Marshal(results)
	if err != nil {
		return nil, err
	}
	var read map[string]any
	return read, json.Unmarshal(data, &read)
}

// isPlain reports whether reading JSON makes nothing else of a value.
func isPlain(v any) bool {
	switch v := v.(type) {
	case nil, string, bool:
		return true
	case float64:
		return !math.IsNaN(v) && !math.IsInf(v, 0)
	case []any:
		return v != nil && !slices.ContainsFunc(v, func(item any) bool { return !isPlain(item) })
	case map[string]any:
		for _, member := range v {
			if !isPlain(member) {
				return false
			}
		}
		return v != nil
	}
	return false
}

// maxText is where a text that is put together ends: nothing that takes a text takes one of a
// quarter of its length, and a file can name an attribute thousands of times.
const maxText = 256 << 10

// text is the value as text.
func (v *value) text(r *run) string {
	if v.parts == nil {
		if v.still() {
			return Text(v.plain)
		}
		return Text(v.resolve(r))
	}
	if len(v.parts) == 1 {
		return r.lookupText(v.parts[0].path)
	}
	r.buffer = r.buffer[:0]
	for _, p := range v.parts {
		if len(r.buffer) > maxText {
			break
		}
		if p.path == nil {
			r.buffer = append(r.buffer, p.text...)
		} else {
			r.buffer = append(r.buffer, r.lookupText(p.path)...)
		}
	}
	return string(r.buffer)
}
