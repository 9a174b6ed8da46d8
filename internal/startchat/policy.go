package startchat

import (
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/identity"
)

const (
	segmentAttributes = "SegmentAttributes"
	initialMessage    = "InitialMessage"
	customerID        = "CustomerId"
	sourceContactID   = "SourceContactId"
	customerName      = "customerName"
)

// policyRun is a policy at work on one request. Its nil value is that of a front door without a
// policy: it allows everything and changes nothing.
type policyRun struct {
	*policy
	request *http.Request
	caller  *identity.Caller // the zero Caller without a token
	keys    resumeKeys       // of PersistentSigned
	flow    string           // the id of the flow for the log, once it is known to be allowed
}

// begin returns the policy for one request.
func (p *policy) begin(r *http.Request) *policyRun {
	if p == nil {
		return nil
	}
	caller, known := identity.From(r.Context())
	if !known {
		caller = &identity.Caller{}
	}
	return &policyRun{policy: p, request: r, caller: caller}
}

// narrow is the second stage: it removes the members and attributes that a page may not set, and
// adds those that the token's claims supply. It comes before anything is filled in, so that a
// default is never taken for the page's word.
func (run *policyRun) narrow(doc members) (members, *diagnosis.Problem) {
	if run == nil {
		return doc, nil
	}
	if p := run.admitMembers(&doc); p != nil {
		return nil, p
	}
	if p := run.mergeSegmentAttributes(&doc); p != nil {
		return nil, p
	}
	if p := run.claimMembers(&doc); p != nil {
		return nil, p
	}
	run.nameCustomer(&doc)
	problem := run.mergeAttributes(&doc)
	return doc, problem
}

// namesCustomer reports whether the attribute customerName is the token's to set: it has been
// set from the token, or must stay away, because the page's name is no substitute for it.
func (run *policyRun) namesCustomer() bool { return run != nil && run.claimed(customerName) }

// admitMembers sorts out members that only some pages may set.
func (run *policyRun) admitMembers(doc *members) *diagnosis.Problem {
	kept := (*doc)[:0]
	for _, m := range *doc {
		if run.mayMember(m.name) {
			kept = append(kept, m)
			continue
		}
		if p := run.refuseMember(m.name); p != nil {
			return p
		}
	}
	*doc = kept
	return nil
}

// mayMember reports whether the page may set a member, or a later stage decides about it:
// undocumented members that are not forwarded are the aliases' concern. One that is forwarded
// must not be another spelling of a documented member, lest Amazon Connect reads it as that.
func (run *policyRun) mayMember(name string) bool {
	if run.members[name] {
		return true
	}
	if !run.model.Knows(name) {
		return !run.forwards || run.AnyMember && !isMisspelt(name)
	}
	return run.AnyMember
}

// refuseMember answers 400 or notes that a member is left out.
func (run *policyRun) refuseMember(path string) *diagnosis.Problem {
	if run.Others.Reject {
		p := diagnosis.New(diagnosis.MemberNotAllowed, "The page may not set %q.", connectmodel.Shorten(path))
		p.Field = connectmodel.Shorten(path)
		return p
	}
	if !isMemberPath(path) {
		path = unnameable
	}
	run.note(slog.String("member", path), "dropped")
	return nil
}

// claimMembers puts the members that the token sets in the place of the page's.
func (run *policyRun) claimMembers(doc *members) *diagnosis.Problem {
	for _, claim := range []struct{ name, value string }{
		{customerID, run.caller.CustomerID}, {connectmodel.RelatedContactID, run.caller.RelatedContactID},
	} {
		if claim.value == "" {
			continue
		}
		if doc.get(claim.name) != nil {
			if p := run.refuseMember(claim.name); p != nil {
				return p
			}
		}
		doc.set(claim.name, quote(claim.value))
	}
	return nil
}

// nameCustomer puts the token's name of the customer in the place of the page's.
func (run *policyRun) nameCustomer(doc *members) {
	if run.caller.DisplayName == "" {
		return
	}
	if details := doc.get(connectmodel.ParticipantDetails); details != nil && details.Kind() != '{' {
		return // the check names the member
	}
	doc.set(connectmodel.ParticipantDetails, members{{"DisplayName", quote(run.caller.DisplayName)}}.encode())
}

// mergeAttributes leaves of the page's contact attributes those it may set, and adds the
// token's. Limits are checked later, on the result.
func (run *policyRun) mergeAttributes(doc *members) *diagnosis.Problem {
	raw := doc.get(connectmodel.Attributes)
	if raw != nil && raw.Kind() != '{' {
		return nil // the check names the member
	}
	given := cut(raw)
	merged := make(members, 0, len(given)+len(run.caller.Attributes)+1)
	var others members // under their prefixed names
	for _, m := range given {
		if run.mayAttribute(m.name) {
			merged = append(merged, m)
			continue
		}
		if run.Others.Prefix != "" {
			others = append(others, member{run.Others.Prefix + m.name, m.value})
			continue
		}
		if p := run.refuseAttribute(m.name); p != nil {
			return p
		}
	}
	merged = run.addPrefixed(merged, others)
	for _, key := range slices.Sorted(maps.Keys(run.caller.Attributes)) {
		merged = append(merged, member{key, quote(run.caller.Attributes[key])})
	}
	if _, set := run.caller.Attributes[customerName]; !set && run.caller.DisplayName != "" {
		merged = append(merged, member{customerName, quote(run.caller.DisplayName)})
	}
	if len(merged) == 0 {
		doc.drop(connectmodel.Attributes)
		return nil
	}
	doc.set(connectmodel.Attributes, merged.encode())
	return nil
}

// mayAttribute reports whether the page may set an attribute under its own name.
func (run *policyRun) mayAttribute(key string) bool {
	return !run.claimed(key) && (run.AnyAttribute || key == customerName || run.attributes[key])
}

// claimed reports whether the token has set an attribute, or another token could have. Names that differ in case only
// count as the same: to Amazon Connect they are two, but nobody who reads them side by side
// on an agent's screen should have to know which of them to believe.
func (run *policyRun) claimed(key string) bool {
	if run.caller.DisplayName != "" && strings.EqualFold(key, customerName) {
		return true
	}
	for own := range run.caller.Attributes {
		if strings.EqualFold(key, own) {
			return true
		}
	}
	return slices.ContainsFunc(run.caller.Reserved, func(own string) bool { return strings.EqualFold(key, own) })
}

// addPrefixed adds attributes that got a prefix, where that name is free.
func (run *policyRun) addPrefixed(merged, prefixed members) members {
	if len(prefixed) == 0 {
		return merged
	}
	taken := make(map[string]bool, len(merged))
	for _, m := range merged {
		taken[m.name] = true
	}
	for _, m := range prefixed {
		if taken[m.name] || run.claimed(m.name) {
			run.noteAttribute(strings.TrimPrefix(m.name, run.Others.Prefix))
			continue
		}
		merged = append(merged, m)
	}
	return merged
}

// refuseAttribute answers 400 or notes that an attribute is left out.
func (run *policyRun) refuseAttribute(key string) *diagnosis.Problem {
	if !run.Others.Reject {
		run.noteAttribute(key)
		return nil
	}
	key = connectmodel.Shorten(key)
	p := diagnosis.New(diagnosis.AttributeNotAllowed, "The page may not set the contact attribute %q.", key)
	p.Field = connectmodel.Attributes + "." + key
	return p
}

// noteAttribute names an attribute that is left out. What cannot be a key may be a
// customer's data, such as a number that a page uses as one.
func (run *policyRun) noteAttribute(key string) {
	if !isMemberPath(key) || strings.ContainsAny(key, ".:[]") {
		key = unnameable
	}
	run.note(slog.String("attribute", key), "dropped")
}

// mergeSegmentAttributes adds the token's segment attributes to the page's, if it may have
// any. A prefix would make no sense here, because Amazon Connect has to know their names.
func (run *policyRun) mergeSegmentAttributes(doc *members) *diagnosis.Problem {
	claims := run.caller.SegmentAttributes
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
		} else if p := run.refuseMember(segmentAttributes + "." + m.name); p != nil {
			return p
		}
	}
	for _, key := range keys {
		merged = append(merged, member{key, members{{"ValueString", quote(claims[key])}}.encode()})
	}
	doc.set(segmentAttributes, merged.encode())
	return nil
}

// note says in the log what became of something that a page asked for, the first time.
func (run *policyRun) note(what slog.Attr, treatment string) {
	if run.noted.first(what.Key + " " + what.Value.String()) {
		run.log.LogAttrs(run.request.Context(), slog.LevelWarn, "start request narrowed by the policy",
			what, slog.String("treatment", treatment))
	}
}
