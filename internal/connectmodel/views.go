package connectmodel

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The requests about views.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_CreateView.html

// MaxViewBytes is how many bytes the content of a view may have.
const MaxViewBytes = 400_000

// viewText is a text of letters, digits and some signs, in which spaces stand behind other characters.
func viewText(most int, signs string) shape {
	return formed{text{min: 1, max: most}, func(text string) bool {
		first, _ := utf8.DecodeRuneInString(text)
		return !unicode.Is(unicode.Z, first) && !strings.ContainsFunc(text, func(r rune) bool {
			return !unicode.In(r, unicode.L, unicode.N, unicode.Z) && !strings.ContainsRune("_.:/=+-@()'"+signs, r)
		})
	}, "a text of letters, digits, spaces and _.:/=+-@()'" + signs + " that begins with no space"}
}

func viewName() shape { return viewText(255, "") }

func viewDescription() shape { return viewText(4096, ",") }

// viewID is the id of a view or its ARN, with a qualifier behind its colon if there is one.
func viewID() shape {
	return formed{text{min: 1, max: 500}, func(text string) bool {
		return strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-:/$") == ""
	}, "the id or the ARN of a view"}
}

func viewStatus() shape { return flowStatus() }

func viewType() shape { return text{enum: []string{"CUSTOMER_MANAGED", "AWS_MANAGED"}} }

func viewContent() shape {
	return object{members: map[string]shape{
		"Template": text{max: MaxViewBytes, inBytes: true}, "Actions": list{item: viewText(255, "")},
	}}
}

func aView(more map[string]shape) *Model {
	return with(map[string]shape{"!InstanceId": instanceID(), "!ViewId": viewID()}, more)
}

// CreateView returns the model of the request.
func CreateView() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!Status": viewStatus(), "!Content": viewContent(), "!Name": viewName(), "Description": viewDescription(),
		"Tags": tags(), ClientToken: text{max: 500},
	})
}

// DescribeView returns the model of requests that hold an instance and a view.
func DescribeView() *Model { return aView(nil) }

// UpdateViewContent returns the model of the request.
func UpdateViewContent() *Model {
	return aView(map[string]shape{"!Status": viewStatus(), "!Content": viewContent()})
}

// UpdateViewMetadata returns the model of the request.
func UpdateViewMetadata() *Model {
	return aView(map[string]shape{"Name": viewName(), "Description": viewDescription()})
}

// ListViews returns the model of the request.
func ListViews() *Model { return listResources(100, map[string]shape{"type": viewType()}) }

// ListViewVersions returns the model of the request.
func ListViewVersions() *Model { return listResources(100, map[string]shape{"!ViewId": viewID()}) }

// CreateViewVersion returns the model of the request. The pattern that AWS documents for the hash fits
// none that has more than one character.
func CreateViewVersion() *Model {
	return aView(map[string]shape{"VersionDescription": viewDescription(), "ViewContentSha256": contentHash()})
}

// DeleteViewVersion returns the model of the request.
func DeleteViewVersion() *Model {
	isNumber := func(text string) bool { return strings.Trim(text, "0123456789") == "" }
	return aView(map[string]shape{"!ViewVersion": formed{text{min: 1, max: 10}, isNumber, "the number of a version"}})
}

// SearchViews returns the model of the request.
func SearchViews() *Model {
	condition := object{members: map[string]shape{
		"StringCondition": stringCondition(), "ViewTypeCondition": viewType(), "ViewStatusCondition": viewStatus(),
	}}
	again := list{item: recursive{func() shape { return condition }}}
	condition.members["OrConditions"], condition.members["AndConditions"] = again, again
	both := object{members: map[string]shape{"TagConditions": list{item: tagCondition()}}}
	return request(map[string]shape{
		"!InstanceId": instanceID(), "NextToken": text{min: 1, max: 2500}, "MaxResults": integer{min: 1, max: 100}, "SearchCriteria": condition,
		"SearchFilter": object{members: map[string]shape{"AttributeFilter": object{members: map[string]shape{
			"OrConditions": list{item: both}, "AndCondition": both, "TagCondition": tagCondition(),
		}}}},
	})
}
