package doctor

import (
	"encoding/json"
	"strings"
)

// statement returns a policy statement that allows an action.
func statement(action string, resources ...string) string {
	var resource any = resources
	if len(resources) == 1 {
		resource = resources[0]
	}
	text, err := json.MarshalIndent(struct {
		Effect, Action string
		Resource       any
	}{"Allow", action, resource}, "", "  ")
	if err != nil { // strings always encode
		return action
	}
	return string(text)
}

// instanceARN returns the instance's ARN: AWS's, the configured one, or one put together
// of what is known, with * for an account that is not.
func (e *examination) instanceARN() string {
	if e.instance.ARN != "" {
		return e.instance.ARN
	}
	if strings.HasPrefix(e.InstanceID, "arn:") {
		return e.InstanceID
	}
	partition, account := partitionOf(e.client.Region()), e.identity.Account
	if partition == "" {
		partition = "aws"
	}
	if account == "" {
		account = "*"
	}
	return strings.Join([]string{"arn", partition, "connect", e.client.Region(), account, "instance/" + e.InstanceID}, ":")
}

// flowARN returns the contact flow's ARN, or that of all flows when none is configured.
func (e *examination) flowARN() string {
	if e.flow.ARN != "" {
		return e.flow.ARN
	}
	flow := bareID(e.ContactFlowID)
	if flow == "" {
		flow = "*"
	}
	return e.instanceARN() + "/contact-flow/" + flow
}

// contactsARN returns the ARN of all contacts, which persistent and related chats need.
func (e *examination) contactsARN() string { return e.instanceARN() + "/contact/*" }

// arnPart returns a part of an ARN, counted from 0 ("arn"); "" for anything else.
func arnPart(id string, n int) string {
	const parts = 6
	all := strings.SplitN(id, ":", parts)
	if len(all) < parts || all[0] != "arn" {
		return ""
	}
	return all[n]
}

// bareID returns the id at the end of an ARN, or the id itself.
func bareID(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

// flowInstance returns the instance in a contact flow's ARN, or "".
func flowInstance(id string) string {
	rest, found := strings.CutPrefix(arnPart(id, 5), "instance/")
	instance, _, hasFlow := strings.Cut(rest, "/contact-flow/")
	if !found || !hasFlow {
		return ""
	}
	return instance
}
