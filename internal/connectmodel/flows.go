package connectmodel

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/arn"
)

// The requests about contact flows, flow modules and what belongs to them.

const (
	// MaxContent is how many characters the content of a flow may have.
	MaxContent = 256_000
	// anyLength stands where AWS documents no upper bound.
	anyLength = 1 << 20
	// MaxTags is how many tags a resource may have.
	MaxTags = 50
	// maxFunctionARN is how long the ARN of a function may be.
	maxFunctionARN = 140
)

func flowType() shape {
	return text{enum: []string{
		"CONTACT_FLOW", "CUSTOMER_QUEUE", "CUSTOMER_HOLD", "CUSTOMER_WHISPER", "AGENT_HOLD", "AGENT_WHISPER",
		"OUTBOUND_WHISPER", "AGENT_TRANSFER", "QUEUE_TRANSFER", "CAMPAIGN",
	}}
}

func flowState() shape { return text{enum: []string{"ACTIVE", "ARCHIVED"}} }

func flowStatus() shape { return text{enum: []string{"PUBLISHED", "SAVED"}} }

func flowContent() shape { return text{min: 1, max: MaxContent} }

// contentHash is the SHA-256 of a content.
func contentHash() shape { return text{min: 1, max: 64} }

func anyText() shape { return text{max: anyLength} }

func nextToken() shape { return text{min: 1, max: 100_000} }

// moduleID is the id of a flow module, or its ARN.
func moduleID() shape {
	isModule := func(a arn.ARN) bool { return a.Module() != "" }
	return resource{
		text{min: 1, max: 256},
		otherThan(isModule),
		"the id or the ARN of a flow module, arn:aws:connect:REGION:ACCOUNT:instance/ID/flow-module/ID",
	}
}

// moduleText is a name or a description of a flow module.
func moduleText(low, high int) shape {
	blank := func(text string) string {
		if text != "" && strings.TrimSpace(text) == "" {
			return "blank"
		}
		return ""
	}
	return resource{text{min: low, max: high}, blank, "a text that people can read"}
}

func moduleName() shape { return moduleText(1, 127) }

func moduleDescription() shape { return moduleText(0, 500) }

// tags are the tags of a resource.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_TagResource.html
func tags() shape {
	return dictionary{key: tagKey, value: text{max: 256}, maxKeys: MaxTags}
}

func tagKey(name string) string {
	const longest = 128
	switch {
	case name == "" || utf8.RuneCountInString(name) > longest:
		return "must have 1 to 128 characters"
	case strings.HasPrefix(name, "aws:"):
		return "must not begin with aws:"
	case strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.Z, unicode.N) && !strings.ContainsRune("_.:/=+-@", r)
	}):
		return "may hold only letters, digits, spaces and _.:/=+-@"
	}
	return ""
}

// ListContactFlows returns the model of the request.
func ListContactFlows() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "nextToken": nextToken(), "maxResults": integer{min: 1, max: 1000},
		"contactFlowTypes": list{max: 10, item: flowType()},
	})
}

// DescribeContactFlow returns the model of the request, and of those that hold nothing else.
func DescribeContactFlow() *Model {
	return request(map[string]shape{"!InstanceId": instanceID(), "!ContactFlowId": flowID()})
}

// CreateContactFlow returns the model of the request.
func CreateContactFlow() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!Name": text{min: 1, max: anyLength}, "!Type": flowType(), "!Content": flowContent(),
		"Description": anyText(), "Status": flowStatus(), "Tags": tags(),
	})
}

// UpdateContactFlowContent returns the model of the request.
func UpdateContactFlowContent() *Model {
	return request(map[string]shape{"!InstanceId": instanceID(), "!ContactFlowId": flowID(), "!Content": flowContent()})
}

// UpdateContactFlowName returns the model of the request.
func UpdateContactFlowName() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!ContactFlowId": flowID(), "Name": text{min: 1, max: anyLength}, "Description": anyText(),
	})
}

// UpdateContactFlowMetadata returns the model of the request.
func UpdateContactFlowMetadata() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!ContactFlowId": flowID(), "Name": text{min: 1, max: anyLength}, "Description": anyText(),
		"ContactFlowState": flowState(),
	})
}

// CreateContactFlowVersion returns the model of the request.
func CreateContactFlowVersion() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!ContactFlowId": flowID(), "Description": anyText(), "FlowContentSha256": contentHash(),
		"ContactFlowVersion": integer{min: 1, max: 1 << 53},
	})
}

// ListContactFlowVersions returns the model of the request.
func ListContactFlowVersions() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!ContactFlowId": flowID(), "nextToken": nextToken(), "maxResults": integer{min: 1, max: 1000},
	})
}

// SearchContactFlows returns the model of the request.
func SearchContactFlows() *Model {
	tagFilter, condition := tagFilter(), searchCondition("TypeCondition", flowType())
	flowTypeCondition := object{members: map[string]shape{"ContactFlowType": flowType()}}
	both := object{members: map[string]shape{"TagConditions": list{item: tagCondition()}, "ContactFlowTypeCondition": flowTypeCondition}}
	return request(map[string]shape{
		"!InstanceId": instanceID(), "NextToken": text{min: 1, max: 2500}, "MaxResults": integer{min: 1, max: 100},
		"SearchCriteria": condition,
		"SearchFilter": object{members: map[string]shape{
			"TagFilter": tagFilter,
			"FlowAttributeFilter": object{members: map[string]shape{
				"OrConditions": list{item: both}, "AndCondition": both, "TagCondition": tagCondition(),
				"ContactFlowTypeCondition": flowTypeCondition,
			}},
		}},
	})
}

// searchCondition is a condition about flows, or several of them. extra is a condition that only one
// kind of resource has; empty for none.
func searchCondition(extra string, shapeOfExtra shape) shape {
	members := map[string]shape{
		"StringCondition": stringCondition(), "StateCondition": flowState(), "StatusCondition": flowStatus(),
	}
	if extra != "" {
		members[extra] = shapeOfExtra
	}
	again := list{item: recursive{func() shape { return object{members: members} }}}
	members["OrConditions"], members["AndConditions"] = again, again
	return object{members: members}
}

func tagCondition() shape {
	return object{members: map[string]shape{"TagKey": anyText(), "TagValue": anyText()}}
}

func tagFilter() shape {
	one := list{item: tagCondition()}
	return object{members: map[string]shape{"OrConditions": list{item: one}, "AndConditions": one, "TagCondition": tagCondition()}}
}

// CreateContactFlowModule returns the model of the request.
func CreateContactFlowModule() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!Name": moduleName(), "!Content": flowContent(), "Description": moduleDescription(), "Tags": tags(),
		ClientToken: text{max: 500}, "Settings": anyText(),
		"ExternalInvocationConfiguration": object{members: map[string]shape{"Enabled": truth{}}},
	})
}

// DescribeContactFlowModule returns the model of the request, and of those that hold nothing else.
func DescribeContactFlowModule() *Model {
	return request(map[string]shape{"!InstanceId": instanceID(), "!ContactFlowModuleId": moduleID()})
}

// ListContactFlowModules returns the model of the request.
func ListContactFlowModules() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "nextToken": nextToken(), "maxResults": integer{min: 1, max: 1000}, "state": flowState(),
	})
}

// SearchContactFlowModules returns the model of the request.
func SearchContactFlowModules() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "NextToken": text{min: 1, max: 2500}, "MaxResults": integer{min: 1, max: 100},
		"SearchCriteria": searchCondition("", nil), "SearchFilter": object{members: map[string]shape{"TagFilter": tagFilter()}},
	})
}

// UpdateContactFlowModuleContent returns the model of the request.
func UpdateContactFlowModuleContent() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!ContactFlowModuleId": moduleID(), "Content": flowContent(), "Settings": anyText(),
	})
}

// UpdateContactFlowModuleMetadata returns the model of the request.
func UpdateContactFlowModuleMetadata() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!ContactFlowModuleId": moduleID(), "Name": moduleName(), "Description": moduleDescription(),
		"State": flowState(),
	})
}

// CreateContactFlowModuleVersion returns the model of the request.
func CreateContactFlowModuleVersion() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!ContactFlowModuleId": moduleID(), "Description": moduleDescription(), "FlowModuleContentSha256": contentHash(),
	})
}

// ListContactFlowModuleVersions returns the model of the request.
func ListContactFlowModuleVersions() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!ContactFlowModuleId": moduleID(), "nextToken": nextToken(), "maxResults": integer{min: 1, max: 1000},
	})
}

// DeleteContactFlowModuleVersion returns the model of the request.
func DeleteContactFlowModuleVersion() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!ContactFlowModuleId": moduleID(), "!ContactFlowModuleVersion": anyText(),
	})
}

// aliasName is the name of an alias of a flow module.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_CreateContactFlowModuleAlias.html
func aliasName(longest int) shape {
	const characters = "$0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	isName := func(text string) bool {
		sign := true // a sign stands alone, and behind another character
		for _, r := range text {
			before := sign
			if sign = r == '_' || r == '-'; sign && before || !sign && !strings.ContainsRune(characters, r) {
				return false
			}
		}
		return true
	}
	return formed{text{min: 1, max: longest}, isName, "a name of letters, digits and $, with single _ or - between or behind them"}
}

func moduleVersion() shape { return integer{min: 1, max: 1 << 53} }

// CreateContactFlowModuleAlias returns the model of the request.
func CreateContactFlowModuleAlias() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!ContactFlowModuleId": moduleID(), "!AliasName": aliasName(100), "!ContactFlowModuleVersion": moduleVersion(),
		"Description": moduleDescription(),
	})
}

// UpdateContactFlowModuleAlias returns the model of the request.
func UpdateContactFlowModuleAlias() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!ContactFlowModuleId": moduleID(), "!AliasId": text{min: 1, max: 500}, "Name": aliasName(127),
		"Description": moduleDescription(), "ContactFlowModuleVersion": moduleVersion(),
	})
}

// DescribeContactFlowModuleAlias returns the model of the request, and of those that hold nothing else.
func DescribeContactFlowModuleAlias() *Model {
	return request(map[string]shape{"!InstanceId": instanceID(), "!ContactFlowModuleId": moduleID(), "!AliasId": text{min: 1, max: 500}})
}

// DeleteContactFlowVersion returns the model of the request.
func DeleteContactFlowVersion() *Model {
	return request(map[string]shape{"!InstanceId": instanceID(), "!ContactFlowId": flowID(), "!ContactFlowVersion": anyText()})
}

// ListTagsForResource returns the model of the request.
func ListTagsForResource() *Model {
	return request(map[string]shape{"!resourceArn": anyText()})
}

// TagResource returns the model of the request.
func TagResource() *Model {
	return request(map[string]shape{"!resourceArn": anyText(), "!tags": tags()})
}

// UntagResource returns the model of the request.
func UntagResource() *Model {
	return request(map[string]shape{"!resourceArn": anyText(), "!tagKeys": list{min: 1, max: MaxTags, item: text{min: 1, max: 128}}})
}

// AssociateLambdaFunction returns the model of the request.
func AssociateLambdaFunction() *Model {
	return request(map[string]shape{"!InstanceId": instanceID(), "!FunctionArn": text{min: 1, max: maxFunctionARN}, ClientToken: text{max: 500}})
}

// DisassociateLambdaFunction returns the model of the request, whose members travel in the query.
func DisassociateLambdaFunction() *Model {
	return request(map[string]shape{"!InstanceId": instanceID(), "!functionArn": text{min: 1, max: maxFunctionARN}, "clientToken": text{max: 500}})
}

// ListLambdaFunctions returns the model of the request.
func ListLambdaFunctions() *Model {
	return request(map[string]shape{"!InstanceId": instanceID(), "nextToken": nextToken(), "maxResults": integer{min: 1, max: 25}})
}

// AssociateBot returns the model of the request, and of that of DisassociateBot.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_AssociateBot.html
func AssociateBot() *Model {
	alias := object{members: map[string]shape{"AliasArn": text{min: 1, max: 100}}}
	return request(map[string]shape{"!InstanceId": instanceID(), "LexBot": oldBot(), "LexV2Bot": alias, ClientToken: text{max: 500}})
}

func oldBotName() shape { return text{min: 1, max: 50} }

func oldBotRegion() shape { return text{min: 1, max: 60} }

// oldBot is a bot of Lex V1.
func oldBot() shape {
	return object{required: []string{"Name", "LexRegion"}, members: map[string]shape{"Name": oldBotName(), "LexRegion": oldBotRegion()}}
}

// AssociateLexBot returns the model of the request.
func AssociateLexBot() *Model {
	return request(map[string]shape{"!InstanceId": instanceID(), "!LexBot": oldBot(), ClientToken: text{max: 500}})
}

// ListLexBots returns the model of the request.
func ListLexBots() *Model {
	return request(map[string]shape{"!InstanceId": instanceID(), "nextToken": nextToken(), "maxResults": integer{min: 1, max: 25}})
}

// DisassociateLexBot returns the model of the request, whose members travel in the query.
func DisassociateLexBot() *Model {
	return request(map[string]shape{"!InstanceId": instanceID(), "!botName": oldBotName(), "!lexRegion": oldBotRegion(), "clientToken": text{max: 500}})
}

// ListBots returns the model of the request.
func ListBots() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!lexVersion": text{enum: []string{"V1", "V2"}}, "nextToken": nextToken(), "maxResults": integer{min: 1, max: 25},
	})
}
