package chat

import (
	"cmp"
	"slices"
)

// Attributes are user-defined contact attributes, in the order of their keys. They are a list because a
// contact, of which a server holds many, has one or two as a rule, and the smallest map takes 336 bytes.
type Attributes []Attribute

// Attribute is a user-defined contact attribute.
type Attribute struct{ Key, Value string }

// AttributesOf returns the attributes of a map; nil for a nil one.
func AttributesOf(values map[string]string) Attributes {
	if values == nil {
		return nil
	}
	list := make(Attributes, 0, len(values))
	for key, value := range values {
		list = append(list, Attribute{key, value})
	}
	slices.SortFunc(list, func(a, b Attribute) int { return cmp.Compare(a.Key, b.Key) })
	return list
}

// Size is what they count for together, in bytes of keys and values.
func (a Attributes) Size() int {
	size := 0
	for _, one := range a {
		size += len(one.Key) + len(one.Value)
	}
	return size
}

// Map returns the attributes as a map, which is the caller's; nil for nil ones.
func (a Attributes) Map() map[string]string {
	if a == nil {
		return nil
	}
	values := make(map[string]string, len(a))
	for _, one := range a {
		values[one.Key] = one.Value
	}
	return values
}
