package identity

import (
	"context"
	"slices"
	"strings"
)

// Caller is who sent a request, as a checked token says. Nothing in it comes from the page.
// It is read only: requests share parts of it.
type Caller struct {
	// Subject names the caller to the issuer of the token: its sub claim. It is empty when
	// the token names no customer, such as those made for the hosted widget, whose sub is the
	// widget: whatever is bound to a subject must not bind customers together by it.
	Subject string
	// DisplayName is the customer's name; empty when the token does not say it.
	DisplayName string
	// Attributes are contact attributes that the page cannot overwrite.
	Attributes map[string]string
	// SegmentAttributes are segment attributes, each a ValueString.
	SegmentAttributes map[string]string
	// CustomerID is the business's own number of the customer, RelatedContactID the contact that
	// the chat is linked to; each is empty when the token does not say it.
	CustomerID, RelatedContactID string
	// Reserved are the keys of contact attributes that are taken from claims, whether this
	// token has the claim or not: a page that could set them for a token without would forge
	// what only tokens say.
	Reserved []string
}

// Owns reports whether only tokens may set the contact attribute of that key. Keys that differ
// in case only count as the same, because people read them side by side.
func (c *Caller) Owns(key string) bool {
	same := func(own string) bool { return strings.EqualFold(own, key) }
	for own := range c.Attributes {
		if same(own) {
			return true
		}
	}
	return slices.ContainsFunc(c.Reserved, same)
}

type callerKey struct{}

// With returns a context that carries the caller.
func With(ctx context.Context, caller *Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, caller)
}

// From returns the caller that a context carries; ok is false when nobody has said who they
// are.
func From(ctx context.Context) (*Caller, bool) {
	caller, ok := ctx.Value(callerKey{}).(*Caller)
	return caller, ok && caller != nil
}
