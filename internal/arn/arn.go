// Package arn reads the names of Amazon Connect's resources, which every setting and
// request may hold as a bare id or as an ARN:
//
//	arn:PARTITION:connect:REGION:ACCOUNT:instance/ID
//	arn:PARTITION:connect:REGION:ACCOUNT:instance/ID/contact-flow/ID
//	arn:PARTITION:connect:REGION:ACCOUNT:instance/ID/flow-module/ID
//	arn:PARTITION:connect:REGION:ACCOUNT:instance/ID/contact/ID
//
// and of the two resources of other services that Parley is told of: topics of Amazon SNS and
// secrets of AWS Secrets Manager.
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

// Module returns the id of the flow module that the resource is, with the version or alias behind
// its colon if there is one; "" for every other resource.
func (a ARN) Module() string { return a.below("flow-module") }

// Contact returns the id of the contact that the resource is, or "".
func (a ARN) Contact() string { return a.below("contact") }

// Topic returns the name of the Amazon SNS topic that the resource is, or "" for every other
// resource, a subscription to a topic among them. The name of a FIFO topic ends in .fifo.
//
// Source: https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
func (a ARN) Topic() string {
	const longest, accountDigits = 256, 12
	name := strings.TrimSuffix(a.Resource, fifo)
	if a.Service != "sns" || a.Region == "" || len(a.Account) != accountDigits || strings.Trim(a.Account, "0123456789") != "" ||
		name == "" || len(a.Resource) > longest || strings.ContainsFunc(name, notOfTopics) {
		return ""
	}
	return a.Resource
}

// fifo ends the names of topics that keep an order, and no other names.
const fifo = ".fifo"

func notOfTopics(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
}

// Secret returns the name of the secret of AWS Secrets Manager that the resource is, or "".
//
// Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_iam-permissions.html
func (a ARN) Secret() string {
	name, found := strings.CutPrefix(a.Resource, "secret:")
	if !found || a.Service != "secretsmanager" || a.Region == "" {
		return ""
	}
	return name
}

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

// NoStandardTopic says what a text is instead of the ARN of a standard topic of Amazon SNS, the
// only kind that a chat is streamed to; "" when it is one.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/enable-chat-streaming.html
func NoStandardTopic(text string) string {
	a, ok := Parse(text)
	switch name := a.Topic(); {
	case !ok:
		return "no ARN"
	case name == "" && a.Service == "sns":
		return "of Amazon SNS, but no topic"
	case name == "":
		return "the ARN of something else"
	case strings.HasSuffix(name, fifo):
		return "a FIFO topic"
	}
	return ""
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

// ModuleOf returns the id of the flow module in its ARN; every other text is returned as it is.
func ModuleOf(text string) string { return bare(text, ARN.Module) }

// InInstance returns the id of a resource of an instance in its ARN, of a kind as ARNs name it, such as
// queue; every other text is returned as it is.
func InInstance(text, kind string) string {
	return bare(text, func(a ARN) string { return a.below(kind) })
}

// KindOf returns the kind of the resource of an instance that an ARN names, and its id; empty for
// everything else.
func (a ARN) KindOf() (kind, id string) {
	_, kind, id = a.split()
	return kind, id
}

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

// Function is the name of a function of AWS Lambda, taken apart.
type Function struct {
	// Region is empty for a name that is no full ARN.
	Region string
	// Name is the bare name, Qualifier the version or alias behind it; empty for none.
	Name, Qualifier string
	// Unqualified is all but the qualifier, as it was written.
	Unqualified string
}

// FunctionOf takes the name of a function apart in all forms that AWS Lambda takes: a name, an ARN,
// the end of an ARN from the account on, each with or without a qualifier. Anything else is a name.
//
// Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func FunctionOf(text string) Function {
	rest, f := text, Function{}
	if a, ok := Parse(text); ok && a.Service == "lambda" {
		f.Region, rest = a.Region, a.Resource
	}
	if at := strings.Index(rest, "function:"); at >= 0 {
		rest = rest[at+len("function:"):]
	}
	var qualified bool
	f.Unqualified = text
	if f.Name, f.Qualifier, qualified = strings.Cut(rest, ":"); qualified {
		f.Unqualified = strings.TrimSuffix(text, ":"+f.Qualifier)
	}
	return f
}
