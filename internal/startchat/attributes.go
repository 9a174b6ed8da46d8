package startchat

import (
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/rawjson"
)

// nameCustomer puts the token's name of the customer in the place of the page's.
func (r *ruling) nameCustomer(doc *members) {
	if r.caller.DisplayName == "" {
		return
	}
	if details := doc.get(connectmodel.ParticipantDetails); details != nil && details.Kind() != '{' {
		return // the check names the member
	}
	doc.set(connectmodel.ParticipantDetails, members{{"DisplayName", quote(r.caller.DisplayName)}}.encode())
}

// mergeAttributes leaves of the page's contact attributes those it may set, and adds the
// token's. Limits are checked later, on the result.
func (r *ruling) mergeAttributes(doc *members) *diagnosis.Problem {
	raw, problem := attributeObject(doc.get(connectmodel.Attributes))
	if problem != nil {
		return problem
	}
	if raw != nil && raw.Kind() != '{' && raw.Kind() != 'n' {
		return nil // the check names the member
	}
	given := cut(raw)
	merged := make(members, 0, len(given)+len(r.caller.Attributes)+1)
	var others members // under their prefixed names
	for _, m := range given {
		if r.mayAttribute(m.name) {
			merged = append(merged, m)
			continue
		}
		if r.Others.Prefix != "" {
			others = append(others, member{r.Others.Prefix + m.name, m.value})
			continue
		}
		if p := r.refuseAttribute(m.name); p != nil {
			return p
		}
	}
	merged = r.addPrefixed(merged, others)
	for _, key := range slices.Sorted(maps.Keys(r.caller.Attributes)) {
		merged = append(merged, member{key, quote(r.caller.Attributes[key])})
	}
	if _, set := r.caller.Attributes[customerName]; !set && r.caller.DisplayName != "" {
		merged = append(merged, member{customerName, quote(r.caller.DisplayName)})
	}
	if len(merged) == 0 {
		doc.drop(connectmodel.Attributes)
		return nil
	}
	doc.set(connectmodel.Attributes, merged.encode())
	return nil
}

// mayAttribute reports whether the page may set an attribute under its own name.
func (r *ruling) mayAttribute(key string) bool {
	return !r.claimed(key) && (r.AnyAttribute || key == customerName || r.attributes[key])
}

// claimed reports whether the token has set an attribute, or another token could have. Names that differ in case only
// count as the same: to Amazon Connect they are two, but nobody who reads them side by side
// on an agent's screen should have to know which of them to believe.
func (r *ruling) claimed(key string) bool {
	if r.caller.DisplayName != "" && strings.EqualFold(key, customerName) {
		return true
	}
	for own := range r.caller.Attributes {
		if strings.EqualFold(key, own) {
			return true
		}
	}
	return slices.ContainsFunc(r.caller.Reserved, func(own string) bool { return strings.EqualFold(key, own) })
}

// addPrefixed adds attributes that got a prefix, where that name is free.
func (r *ruling) addPrefixed(merged, prefixed members) members {
	if len(prefixed) == 0 {
		return merged
	}
	taken := make(map[string]bool, len(merged))
	for _, m := range merged {
		taken[m.name] = true
	}
	for _, m := range prefixed {
		if taken[m.name] || r.claimed(m.name) {
			r.noteAttribute(strings.TrimPrefix(m.name, r.Others.Prefix))
			continue
		}
		merged = append(merged, m)
	}
	return merged
}

// refuseAttribute answers 400 or notes that an attribute is left out.
func (r *ruling) refuseAttribute(key string) *diagnosis.Problem {
	if r.Others.Reject {
		return attributeProblem(key)
	}
	r.noteAttribute(key)
	return nil
}

func attributeProblem(key string) *diagnosis.Problem {
	key = connectmodel.Shorten(key)
	p := diagnosis.New(diagnosis.AttributeNotAllowed, "The page may not set the contact attribute %q.", key)
	p.Field = connectmodel.Attributes + "." + key
	return p
}

// noteAttribute names an attribute that is left out. What cannot be a key may be a
// customer's data, such as a number that a page uses as one.
func (r *ruling) noteAttribute(key string) {
	if !isMemberPath(key) || strings.ContainsAny(key, ".:[]") {
		key = unnameable
	}
	r.note(slog.String("attribute", key), "dropped")
}

// mergeSegmentAttributes adds the token's segment attributes to the page's, if it may have
// any. A prefix would make no sense here, because Amazon Connect has to know their names.
func (r *ruling) mergeSegmentAttributes(doc *members) *diagnosis.Problem {
	claims := r.caller.SegmentAttributes
	if len(claims) == 0 {
		return nil
	}
	raw := doc.get(segmentAttributes)
	if raw != nil && raw.Kind() != '{' {
		return nil // the check names the member
	}
	keys := slices.Sorted(maps.Keys(claims))
	var merged members
	for _, m := range cut(raw) {
		if !slices.ContainsFunc(keys, func(key string) bool { return strings.EqualFold(key, m.name) }) {
			merged = append(merged, m)
		} else if p := r.refuseMember(segmentAttributes + "." + m.name); p != nil {
			return p
		}
	}
	for _, key := range keys {
		merged = append(merged, member{key, members{{"ValueString", quote(claims[key])}}.encode()})
	}
	doc.set(segmentAttributes, merged.encode())
	return nil
}

// attributeObject returns Attributes as an object: pages also send a string that holds one.
// nil means that there are none; anything else is returned as it is, for the check to refuse.
func attributeObject(raw jsontext.Value) (jsontext.Value, *diagnosis.Problem) {
	if raw.Kind() != '"' {
		return raw, nil
	}
	raw = jsontext.Value(strings.TrimSpace(rawjson.Text(raw)))
	if len(raw) == 0 {
		return nil, nil
	}
	if !raw.IsValid() || raw.Kind() != '{' && raw.Kind() != 'n' {
		p := diagnosis.New(diagnosis.WrongType, "Attributes is a string, but its text is not a JSON object.")
		p.Field = connectmodel.Attributes
		return nil, p
	}
	return raw, nil
}
