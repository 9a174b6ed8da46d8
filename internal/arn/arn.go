// Package arn reads the names of Amazon Connect's resources, which every setting and
// request may hold as a bare id or as an ARN:
//
//	arn:PARTITION:connect:REGION:ACCOUNT:instance/ID
//	arn:PARTITION:connect:REGION:ACCOUNT:instance/ID/contact-flow/ID
//	arn:PARTITION:connect:REGION:ACCOUNT:instance/ID/contact/ID
//
// It owns how a name is taken apart, and refuses to know which name is allowed where. The
// ids themselves are not checked.
//
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html and
// https://docs.aws.amazon.com/connect/latest/adminguide/security_iam_service-with-iam.html
package arn

import "strings"

const prefix = "arn:"

// ARN is a name taken apart. Region and Account are empty for resources without.
type ARN struct {
	Partition, Service, Region, Account string
	// Resource is everything behind the account; it may hold colons and slashes.
	Resource string
}

// Parse takes an ARN of any service apart; ok is false for anything else, such as a bare
// id.
func Parse(text string) (a ARN, ok bool) {
	if !Is(text) { // most names are bare ids
		return ARN{}, false
	}
	const parts = 6
	p := strings.SplitN(text, ":", parts)
	if len(p) < parts {
		return ARN{}, false
	}
	return ARN{Partition: p[1], Service: p[2], Region: p[3], Account: p[4], Resource: p[5]}, true
}

// Is reports whether somebody meant an ARN, which may still not be one.
func Is(text string) bool { return strings.HasPrefix(text, prefix) }

// String puts the parts together.
func (a ARN) String() string {
	return strings.Join([]string{"arn", a.Partition, a.Service, a.Region, a.Account, a.Resource}, ":")
}

// Instance returns the id of the Amazon Connect instance that the resource is or belongs
// to, or "".
func (a ARN) Instance() string {
	id, _, _ := a.split()
	return id
}

// IsInstance reports whether the resource is an instance, and not something in one.
func (a ARN) IsInstance() bool { return a.Instance() != "" && a.Resource == "instance/"+a.Instance() }

// Flow returns the id of the contact flow that the resource is, with the version or alias
// behind its colon if there is one; "" for every other resource.
func (a ARN) Flow() string { return a.below("contact-flow") }

// Contact returns the id of the contact that the resource is, or "".
func (a ARN) Contact() string { return a.below("contact") }

// below returns the id of a resource of the given kind in an instance.
func (a ARN) below(kind string) string {
	_, has, id := a.split()
	if has != kind || strings.Contains(id, "/") {
		return ""
	}
	return id
}

// split cuts the resource instance/INSTANCE[/KIND/ID] of Amazon Connect.
func (a ARN) split() (instance, kind, id string) {
	rest, found := strings.CutPrefix(a.Resource, "instance/")
	if !found || a.Service != "connect" {
		return "", "", ""
	}
	instance, rest, _ = strings.Cut(rest, "/")
	kind, id, _ = strings.Cut(rest, "/")
	return instance, kind, id
}

// RegionOf returns the Region in an ARN; "" for anything else.
func RegionOf(text string) string {
	a, _ := Parse(text)
	return a.Region
}

// InstanceOf returns the instance's id in the ARN of an instance or of something in one;
// every other text, such as a bare id, is returned as it is.
func InstanceOf(text string) string { return bare(text, ARN.Instance) }

// FlowOf returns the id of the contact flow in its ARN; every other text is returned as it
// is.
func FlowOf(text string) string { return bare(text, ARN.Flow) }

// ContactOf returns the id of the contact in its ARN; every other text is returned as it
// is.
func ContactOf(text string) string { return bare(text, ARN.Contact) }

func bare(text string, part func(ARN) string) string {
	if a, ok := Parse(text); ok {
		if id := part(a); id != "" {
			return id
		}
	}
	return text
}
