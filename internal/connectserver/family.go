package connectserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/instance"
	"github.com/parley-chat/parley/internal/rawjson"
)

// members are those of an answer, or of an object in one.
type members map[string]any

// family is a kind of resources that the instance keeps, as the actions about them treat it.
type family[T any] struct {
	s     *Service
	shelf func() *instance.Shelf[T]
	// what it is called in a sentence, kind in ARNs.
	what, kind string
	// file is where its members are that the API does not change, beside those that every instance begins with;
	// empty when there are only these.
	file string
	// label is the member of requests that names one; id, arn and name are those of its description,
	// empty for Id, Arn and Name.
	label, id, arn, name string
	// show adds to a description, brief to an entry of a list what only this kind has; nil adds nothing.
	show  func(in string, one *instance.Item[T], m members)
	brief func(one *instance.Item[T], e entry) entry
	// field is a further text that is searched, by its name in small letters; fields are their names.
	field  func(one *instance.Item[T], name string) (string, bool)
	fields string
	// kinds are the type and the status of one, as a search sees them; nil has none.
	kinds func(one *instance.Item[T]) (kind, status string)
}

// textOf is a member of a request that is a text; empty when it is not there.
func textOf(request jsontext.Value, name string) string {
	for member, value := range rawjson.Members(request) {
		if member == name && value.Kind() == '"' {
			return rawjson.Text(value)
		}
	}
	return ""
}

// arnOf is the ARN of a resource.
func (f *family[T]) arnOf(in, id string) string {
	return f.s.instanceARN(instanceID(in)) + "/" + f.kind + "/" + id
}

// find returns the resource that a request is about.
func (f *family[T]) find(request jsontext.Value) (*instance.Item[T], error) {
	if one := f.shelf().Find(arn.InInstance(textOf(request, f.label), f.kind)); one != nil {
		return one, nil
	}
	return nil, f.missing()
}

func (f *family[T]) missing() *awswire.Error {
	return resourceNotFound("Not found: " + f.what + " with this id.")
}

// entry is a resource in a list: a thousand of them cost little more than their encoding.
type entry struct {
	ARN              string  `json:"Arn"`
	ID               string  `json:"Id"`
	Region           string  `json:"LastModifiedRegion,omitzero"`
	Modified         float64 `json:"LastModifiedTime,omitzero"`
	Name             string  `json:",omitzero"`
	QueueType        string  `json:",omitzero"`
	QuickConnectType string  `json:",omitzero"`
	Type             string  `json:",omitzero"`
	Username         string  `json:",omitzero"`
}

// entries makes the entries of resources of an instance.
func (f *family[T]) entries(in string) func(one *instance.Item[T]) entry {
	arns := f.arnOf(in, "")
	return func(one *instance.Item[T]) entry {
		e := entry{ID: one.ID, ARN: arns + one.ID, Name: one.Name}
		if !one.Configured {
			e.Modified, e.Region = epoch{one.Modified}.seconds(), f.s.region
		}
		if f.brief != nil {
			e = f.brief(one, e)
		}
		return e
	}
}

// full is a resource, described.
func (f *family[T]) full(in string, one *instance.Item[T]) members {
	m := members{cmp.Or(f.id, "Id"): one.ID, cmp.Or(f.arn, "Arn"): f.arnOf(in, one.ID), cmp.Or(f.name, "Name"): one.Name}
	if !one.Configured {
		m["LastModifiedTime"], m["LastModifiedRegion"] = epoch{one.Modified}, f.s.region
	}
	if f.show != nil {
		f.show(in, one, m)
	}
	if one.Description != "" {
		m["Description"] = one.Description
	}
	if len(one.Tags) > 0 {
		m["Tags"] = one.Tags
	}
	return m
}

// answer makes a runner of what an action does in an instance.
func (f *family[T]) answer(run func(ctx context.Context, in string, request jsontext.Value) (any, error)) runner {
	return func(ctx context.Context, request jsontext.Value, proceed func() *awswire.Error) (any, error) {
		if refused := proceed(); refused != nil {
			return nil, refused
		}
		in := textOf(request, "InstanceId")
		if refused := f.s.knownInstance(in); refused != nil {
			return nil, refused
		}
		out, err := run(ctx, in, request)
		if err != nil {
			return nil, f.refusal(err)
		}
		return out, nil
	}
}

// described describes one resource, in the member of that name.
func (f *family[T]) described(member string) runner {
	return f.answer(func(_ context.Context, in string, request jsontext.Value) (any, error) {
		one, err := f.find(request)
		if err != nil {
			return nil, err
		}
		return members{member: f.full(in, one)}, nil
	})
}

// listed lists the resources that a request asks for, in the member of that name; nil asks for all.
func (f *family[T]) listed(member string, asked func(jsontext.Value) func(*instance.Item[T]) bool) runner {
	return f.answer(func(_ context.Context, in string, request jsontext.Value) (any, error) {
		wanted := func(*instance.Item[T]) bool { return true }
		if asked != nil {
			wanted = asked(request)
		}
		made := f.entries(in)
		return parted(request, member, func(yield func(entry) bool) {
			for _, one := range f.shelf().All() {
				if wanted(one) && !yield(made(one)) {
					return
				}
			}
		})
	})
}

// parted is the part of a list that a request asks for, in the member of that name.
func parted[T any](request jsontext.Value, member string, all func(yield func(T) bool)) (any, error) {
	var in listInput
	if json.Unmarshal(request, &in) != nil {
		return nil, refusal(serialization, "The request cannot be read.")
	}
	some, next, err := pageOf(all, in.NextToken, in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	out := members{member: some}
	if next != "" {
		out["NextToken"] = next
	}
	return out, nil
}

// found searches for resources, which are described in the member of that name.
func (f *family[T]) found(member string) runner {
	return f.answer(func(_ context.Context, in string, request jsontext.Value) (any, error) {
		return sought(request, member, func(yield func(*instance.Item[T], *searched) bool) {
			for _, one := range f.shelf().All() {
				if !yield(one, f.searched(one)) {
					return
				}
			}
		}, func(one *instance.Item[T]) members { return f.full(in, one) })
	})
}

// sought is the part of what a search finds that a request asks for, described in the member of that name.
func sought[T any](request jsontext.Value, member string, each iter.Seq2[T, *searched], describe func(T) members) (any, error) {
	var in searchInput
	if json.Unmarshal(request, &in) != nil {
		return nil, refusal(serialization, "The request cannot be read.")
	}
	var all []T
	for one, seen := range each {
		met, err := in.SearchCriteria.met(seen)
		if err != nil {
			return nil, err
		}
		if met && in.SearchFilter.TagFilter.met(seen) && in.SearchFilter.UserAttributeFilter.met(seen) && in.SearchFilter.AttributeFilter.met(seen) {
			all = append(all, one)
		}
	}
	some, next, err := page(all, in.NextToken, in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	shown := make([]members, len(some))
	for i, one := range some {
		shown[i] = describe(one)
	}
	out := members{member: shown, "ApproximateTotalCount": len(all)}
	if next != "" {
		out["NextToken"] = next
	}
	return out, nil
}

func (f *family[T]) searched(one *instance.Item[T]) *searched {
	kind, status := "", ""
	if f.kinds != nil {
		kind, status = f.kinds(one)
	}
	return &searched{kind: kind, status: status, tags: one.Tags, fields: "one of name, description, resourceID" + f.fields, field: func(name string) (string, bool) {
		switch name {
		case "name":
			return one.Name, true
		case "description":
			return one.Description, true
		case "resourceid":
			return one.ID, true
		}
		if f.field == nil {
			return "", false
		}
		return f.field(one, name)
	}}
}

// removed removes one resource.
func (f *family[T]) removed() runner {
	return f.answer(func(ctx context.Context, _ string, request jsontext.Value) (any, error) {
		return &nothing{}, f.shelf().Remove(ctx, arn.InInstance(textOf(request, f.label), f.kind))
	})
}

// created makes a runner of a function that makes a resource of a request.
func created[In, T any](f *family[T], id, arnName string, item func(*In) (instance.Item[T], error)) runner {
	return f.answer(func(ctx context.Context, instanceID string, request jsontext.Value) (any, error) {
		in := new(In)
		if json.Unmarshal(request, in) != nil { // the check has seen every member's type
			return nil, refusal(serialization, "The request cannot be read.")
		}
		one, err := item(in)
		if err != nil {
			return nil, err
		}
		kept, err := f.shelf().Create(ctx, one)
		if err != nil {
			return nil, err
		}
		return members{id: kept.ID, arnName: f.arnOf(instanceID, kept.ID)}, nil
	})
}

// changed makes a runner of a function that changes the resource of a request; what the function leaves
// alone stays.
func changed[In, T any](f *family[T], change func(*In, *instance.Item[T]) error) runner {
	return f.answer(func(ctx context.Context, _ string, request jsontext.Value) (any, error) {
		in := new(In)
		if json.Unmarshal(request, in) != nil {
			return nil, refusal(serialization, "The request cannot be read.")
		}
		err := f.shelf().Change(ctx, arn.InInstance(textOf(request, f.label), f.kind), func(one *instance.Item[T]) error { return change(in, one) })
		return &nothing{}, err
	})
}

// named are the members that name and describe a resource.
type named struct {
	Name        string
	Description *string
	Tags        map[string]string
}

// rename gives a resource the name and the description of a request, when it has them.
func rename[T any](in *named, one *instance.Item[T]) {
	if in.Name != "" {
		one.Name = in.Name
	}
	if in.Description != nil {
		one.Description = *in.Description
	}
}

// item is a new resource with the name, the description and the tags of a request.
func item[T any](in *named, is T) instance.Item[T] {
	one := instance.Item[T]{Tags: in.Tags, Is: is}
	rename(in, &one)
	return one
}

// refusal makes AWS's error of an error of the keeper.
func (f *family[T]) refusal(err error) error {
	if missing, ok := errors.AsType[*instance.MissingError](err); ok {
		return resourceNotFound("Not found: " + missing.Kind + " " + connectmodel.Shorten(missing.ID) + ".")
	}
	if used, ok := errors.AsType[*instance.InUseError](err); ok {
		return &awswire.Error{
			Status: http.StatusConflict, Name: "ResourceInUseException", Message: "The " + f.what + " is in use: " + used.By + ".",
			Members: map[string]any{"ResourceId": used.ID},
		}
	}
	switch {
	case errors.Is(err, instance.ErrNotFound):
		return f.missing()
	case errors.Is(err, instance.ErrConfigured):
		if f.file == "" {
			return refusal(invalidRequest, "This "+f.what+" is one that every instance begins with, and nobody changes: create another one.")
		}
		return refusal(invalidRequest, "Calls do not change this "+f.what+": it comes from "+f.file+", where you can change it, or is one that every instance begins with. Create another one.")
	case errors.Is(err, instance.ErrNested):
		return refusal(invalidRequest, "Hours of operation that have parents cannot be parents: take the parents of one of them away.")
	case errors.Is(err, instance.ErrDuplicate):
		return &awswire.Error{Status: http.StatusConflict, Name: "DuplicateResourceException", Message: "Another " + f.what + " has this name."}
	case errors.Is(err, instance.ErrLimit):
		return &awswire.Error{Status: http.StatusTooManyRequests, Name: "LimitExceededException", Message: "The instance has as many of this kind as its quota allows: " + f.what + "."}
	}
	return err
}

// taggable is a resource that has tags.
type taggable struct {
	tags   func() (map[string]string, error)
	change func(ctx context.Context, f func(tags map[string]string)) error
}

// taggable is the resource with an id as one that has tags.
func (f *family[T]) taggable(id string) taggable {
	return taggable{
		func() (map[string]string, error) {
			one := f.shelf().Find(id)
			if one == nil {
				return nil, f.missing()
			}
			return one.Tags, nil
		},
		func(ctx context.Context, change func(map[string]string)) error {
			err := f.shelf().Change(ctx, id, func(one *instance.Item[T]) (err error) {
				one.Tags, err = retagged(one.Tags, change)
				return err
			})
			if err != nil {
				return f.refusal(err)
			}
			return nil
		},
	}
}

// retagged are tags after a change.
func retagged(tags map[string]string, change func(map[string]string)) (map[string]string, error) {
	tags = maps.Clone(tags)
	if tags == nil {
		tags = map[string]string{}
	}
	if change(tags); len(tags) > connectmodel.MaxTags {
		return nil, refusal(invalidRequest, fmt.Sprintf("A resource has at most %d tags.", connectmodel.MaxTags))
	}
	return tags, nil
}
