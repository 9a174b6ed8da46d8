package connectmodel

import (
	"maps"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The requests about resources that an instance keeps: what all kinds have in common, and prompts and
// quick connects.

// resourceID is the id of a resource, or its ARN.
func resourceID() shape { return text{min: 1, max: 500} }

func resourceName() shape { return text{min: 1, max: 127} }

func resourceDescription() shape { return text{min: 1, max: 250} }

// with adds members to those of a request.
func with(members, more map[string]shape) *Model {
	maps.Copy(members, more)
	return request(members)
}

// DescribeResource returns the model of requests that hold an instance and the id of a resource, in the
// member of that name.
func DescribeResource(id string) *Model { return updateResource(id, nil) }

// updateResource is DescribeResource with more members.
func updateResource(id string, more map[string]shape) *Model {
	return with(map[string]shape{"!InstanceId": instanceID(), "!" + id: resourceID()}, more)
}

// createResource are requests that create a resource.
func createResource(more map[string]shape) *Model {
	return with(map[string]shape{"!InstanceId": instanceID(), "!Name": resourceName(), "Description": resourceDescription(), "Tags": tags()}, more)
}

// UpdateResourceName returns the model of requests that hold a name and a description as well.
func UpdateResourceName(id string) *Model {
	return updateResource(id, map[string]shape{"Name": resourceName(), "Description": resourceDescription()})
}

// ListResources returns the model of requests for a list of which at most some entries are asked for at
// once.
func ListResources(most int) *Model { return listResources(most, nil) }

func listResources(most int, more map[string]shape) *Model {
	return with(map[string]shape{"!InstanceId": instanceID(), "nextToken": nextToken(), "maxResults": integer{min: 1, max: int64(most)}}, more)
}

// ListOfResource returns the model of requests for a list that belongs to a resource.
func ListOfResource(id string, most int) *Model {
	return listResources(most, map[string]shape{"!" + id: resourceID()})
}

// SearchResources returns the model of requests that search for resources of which at most some are
// asked for at once.
func SearchResources(most int) *Model {
	return searchResources(most, map[string]shape{"QueueTypeCondition": text{enum: []string{"STANDARD"}}})
}

// SearchHoursOfOperationOverrides returns the model of the request.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_DateCondition.html
func SearchHoursOfOperationOverrides() *Model {
	return searchResources(100, map[string]shape{"DateCondition": object{members: map[string]shape{
		"FieldName": anyText(), "Value": date(),
		"ComparisonType": text{enum: []string{"GREATER_THAN", "LESS_THAN", "GREATER_THAN_OR_EQUAL_TO", "LESS_THAN_OR_EQUAL_TO", "EQUAL_TO"}},
	}}})
}

// searchResources is SearchResources with the conditions of a kind beside those of texts.
func searchResources(most int, conditions map[string]shape) *Model {
	condition := object{members: conditions}
	condition.members["StringCondition"] = stringCondition()
	again := list{item: recursive{func() shape { return condition }}}
	condition.members["OrConditions"], condition.members["AndConditions"] = again, again
	both := object{members: map[string]shape{"TagConditions": list{item: tagCondition()}}}
	attributes := object{members: map[string]shape{"OrConditions": list{item: both}, "AndCondition": both, "TagCondition": tagCondition()}}
	return request(map[string]shape{
		"!InstanceId": instanceID(), "NextToken": text{min: 1, max: 2500}, "MaxResults": integer{min: 1, max: int64(most)},
		"SearchCriteria": condition,
		"SearchFilter":   object{members: map[string]shape{"TagFilter": tagFilter(), "UserAttributeFilter": attributes, "AttributeFilter": attributes}},
	})
}

func stringCondition() shape {
	return object{members: map[string]shape{
		"FieldName": anyText(), "Value": anyText(), "ComparisonType": text{enum: []string{"STARTS_WITH", "CONTAINS", "EXACT"}},
	}}
}

// readable is a text of some length without characters that cannot be shown.
func readable(most int) shape {
	shown := func(text string) bool {
		return utf8.RuneCountInString(text) >= 1 && !strings.ContainsFunc(text, func(r rune) bool {
			return unicode.In(r, unicode.C) && !strings.ContainsRune("\r\n\t", r)
		})
	}
	return formed{text{min: 1, max: most}, shown, "a text without control characters"}
}

// date is a date such as 2026-12-24.
func date() shape {
	isDate := func(text string) bool { _, err := time.Parse(time.DateOnly, text); return err == nil }
	return formed{text{min: 1, max: len(time.DateOnly)}, isDate, "a date such as 2026-12-24"}
}

// s3URI is where the sound of a prompt is.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_CreatePrompt.html
func s3URI() shape {
	isURI := func(text string) bool {
		bucket, key, isS3 := strings.Cut(strings.TrimPrefix(text, "s3://"), "/")
		return isS3 && strings.HasPrefix(text, "s3://") && bucket != "" && key != "" ||
			strings.HasPrefix(text, "https://") && strings.Contains(text, ".s3.") && strings.Contains(text, ".amazonaws.com/")
	}
	return formed{text{min: 1, max: 2000}, isURI, "the address of an object of Amazon S3, such as s3://bucket/key"}
}

// CreatePrompt returns the model of the request.
func CreatePrompt() *Model { return createResource(map[string]shape{"!S3Uri": s3URI()}) }

// UpdatePrompt returns the model of the request.
func UpdatePrompt() *Model {
	return updateResource("PromptId", map[string]shape{"Name": resourceName(), "Description": resourceDescription(), "S3Uri": s3URI()})
}

func quickConnectType() shape {
	return text{enum: []string{"USER", "QUEUE", "PHONE_NUMBER", "FLOW"}}
}

// quickConnectConfig is what a quick connect leads to.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_QuickConnectConfig.html
func quickConnectConfig() shape {
	withFlow := func(id string) shape {
		names := map[string]shape{"ContactFlowId": flowID()}
		if id != "" {
			names[id] = resourceID()
		}
		return object{members: names, required: []string{"ContactFlowId"}}
	}
	return object{required: []string{"QuickConnectType"}, members: map[string]shape{
		"QuickConnectType": quickConnectType(), "UserConfig": withFlow("UserId"), "QueueConfig": withFlow("QueueId"), "FlowConfig": withFlow(""),
		"PhoneConfig": object{members: map[string]shape{"PhoneNumber": phoneNumber()}, required: []string{"PhoneNumber"}},
	}}
}

func phoneNumber() shape {
	isNumber := func(text string) bool {
		digits, plus := strings.CutPrefix(text, "+")
		return plus && len(digits) >= 2 && digits[0] != '0' && strings.Trim(digits, "0123456789") == ""
	}
	return formed{text{min: 3, max: 16}, isNumber, "a telephone number with its country, such as +14155550100"}
}

// CreateQuickConnect returns the model of the request.
func CreateQuickConnect() *Model {
	return createResource(map[string]shape{"!QuickConnectConfig": quickConnectConfig()})
}

// UpdateQuickConnectConfig returns the model of the request.
func UpdateQuickConnectConfig() *Model {
	return updateResource("QuickConnectId", map[string]shape{"!QuickConnectConfig": quickConnectConfig()})
}

// ListQuickConnects returns the model of the request.
func ListQuickConnects() *Model {
	return listResources(1000, map[string]shape{"QuickConnectTypes": list{max: 4, item: quickConnectType()}})
}
