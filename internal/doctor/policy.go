package doctor

import (
	"cmp"
	"encoding/json"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/awscall"
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
	if arn.Is(e.InstanceID) {
		return e.InstanceID
	}
	partition, _ := awscall.PartitionOf(e.client.Region())
	return arn.ARN{
		Partition: partition.ID, Service: "connect", Region: e.client.Region(), Account: cmp.Or(e.identity.Account, "*"),
		Resource: "instance/" + e.InstanceID,
	}.String()
}

// flowARN returns the contact flow's ARN, or that of all flows when none is configured.
func (e *examination) flowARN() string {
	if e.flow.ARN != "" {
		return e.flow.ARN
	}
	return e.instanceARN() + "/contact-flow/" + cmp.Or(arn.FlowOf(e.ContactFlowID), "*")
}

// contactsARN returns the ARN of all contacts, which persistent and related chats need.
func (e *examination) contactsARN() string { return e.instanceARN() + "/contact/*" }
