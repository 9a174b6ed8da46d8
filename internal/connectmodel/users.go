package connectmodel

import (
	"maps"
	"math"
	"strings"
	"unicode"
)

// The requests about routing profiles, users and agent statuses.

func channel() shape { return text{enum: []string{"VOICE", "CHAT", "TASK", "EMAIL"}} }

func queueReference() shape {
	return object{members: map[string]shape{"QueueId": resourceID(), "Channel": channel()}, required: []string{"QueueId", "Channel"}}
}

// queueConfigs are the queues of a routing profile.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_RoutingProfileQueueConfig.html
func queueConfigs() shape {
	return list{min: 1, max: 10, item: object{required: []string{"QueueReference", "Priority", "Delay"}, members: map[string]shape{
		"QueueReference": queueReference(), "Priority": integer{min: 1, max: 99}, "Delay": integer{min: 0, max: 9999},
	}}}
}

func manualQueueConfigs() shape {
	return list{min: 1, max: 10, item: object{required: []string{"QueueReference"}, members: map[string]shape{"QueueReference": queueReference()}}}
}

func mediaConcurrencies() shape {
	behaviour := object{required: []string{"BehaviorType"}, members: map[string]shape{
		"BehaviorType": text{enum: []string{"ROUTE_CURRENT_CHANNEL_ONLY", "ROUTE_ANY_CHANNEL"}},
	}}
	return list{item: object{required: []string{"Channel", "Concurrency"}, members: map[string]shape{
		"Channel": channel(), "Concurrency": integer{min: 1, max: 10}, "CrossChannelBehavior": behaviour,
	}}}
}

func availabilityTimer() shape {
	return text{enum: []string{"TIME_SINCE_LAST_ACTIVITY", "TIME_SINCE_LAST_INBOUND"}}
}

const profileID = "RoutingProfileId"

// CreateRoutingProfile returns the model of the request.
func CreateRoutingProfile() *Model {
	return createResource(map[string]shape{
		"!Description": resourceDescription(), "!DefaultOutboundQueueId": resourceID(), "QueueConfigs": queueConfigs(),
		"ManualAssignmentQueueConfigs": manualQueueConfigs(), "!MediaConcurrencies": mediaConcurrencies(), "AgentAvailabilityTimer": availabilityTimer(),
	})
}

// UpdateRoutingProfileConcurrency returns the model of the request.
func UpdateRoutingProfileConcurrency() *Model {
	return updateResource(profileID, map[string]shape{"!MediaConcurrencies": mediaConcurrencies()})
}

// UpdateRoutingProfileDefaultOutboundQueue returns the model of the request.
func UpdateRoutingProfileDefaultOutboundQueue() *Model {
	return updateResource(profileID, map[string]shape{"!DefaultOutboundQueueId": resourceID()})
}

// UpdateRoutingProfileQueues returns the model of the request.
func UpdateRoutingProfileQueues() *Model {
	return updateResource(profileID, map[string]shape{"!QueueConfigs": queueConfigs()})
}

// AssociateRoutingProfileQueues returns the model of the request.
func AssociateRoutingProfileQueues() *Model {
	return updateResource(profileID, map[string]shape{"QueueConfigs": queueConfigs(), "ManualAssignmentQueueConfigs": manualQueueConfigs()})
}

// DisassociateRoutingProfileQueues returns the model of the request.
func DisassociateRoutingProfileQueues() *Model {
	return updateResource(profileID, map[string]shape{
		"QueueReferences": list{item: queueReference()}, "ManualAssignmentQueueReferences": list{item: queueReference()},
	})
}

// password is what a user signs in with.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_CreateUser.html
func password() shape {
	strong := func(text string) bool {
		has := func(is func(rune) bool) bool { return strings.ContainsFunc(text, is) }
		return has(unicode.IsLower) && has(unicode.IsUpper) && has(unicode.IsDigit) && !has(unicode.IsSpace)
	}
	return formed{text{min: 8, max: 64}, strong, "a password with a small letter, a capital and a digit, without spaces"}
}

func identityInfo() shape {
	return object{members: map[string]shape{
		"FirstName": text{max: 255}, "LastName": text{max: 300}, "Email": anyText(), "SecondaryEmail": anyText(), "Mobile": phoneNumber(),
	}}
}

// perChannel are settings of a user, for each channel one.
func perChannel(more map[string]shape, required ...string) shape {
	more["Channel"] = channel()
	return list{item: object{members: more, required: append([]string{"Channel"}, required...)}}
}

func phoneType() shape { return text{enum: []string{"SOFT_PHONE", "DESK_PHONE"}} }

func phoneConfig() shape {
	return object{members: map[string]shape{
		"PhoneType": phoneType(), "AutoAccept": truth{}, "AfterContactWorkTimeLimit": integer{min: 0, max: math.MaxInt32}, "DeskPhoneNumber": phoneNumber(),
		"PersistentConnection": truth{},
	}}
}

// channelConfigs are the settings of a user that each channel has its own of.
func channelConfigs() map[string]shape {
	limit := object{members: map[string]shape{"AfterContactWorkTimeLimit": integer{min: 0, max: math.MaxInt32}}}
	return map[string]shape{
		"AutoAcceptConfigs":           perChannel(map[string]shape{"AutoAccept": truth{}, "AgentFirstCallbackAutoAccept": truth{}}, "AutoAccept"),
		"AfterContactWorkConfigs":     perChannel(map[string]shape{"AfterContactWorkConfig": limit, "AgentFirstCallbackAfterContactWorkConfig": limit}, "AfterContactWorkConfig"),
		"PhoneNumberConfigs":          perChannel(map[string]shape{"PhoneType": phoneType(), "PhoneNumber": phoneNumber()}, "PhoneType"),
		"PersistentConnectionConfigs": perChannel(map[string]shape{"PersistentConnection": truth{}}, "PersistentConnection"),
		"VoiceEnhancementConfigs": perChannel(map[string]shape{
			"VoiceEnhancementMode": text{enum: []string{"VOICE_ISOLATION", "NOISE_SUPPRESSION", "NONE"}},
		}, "VoiceEnhancementMode"),
	}
}

// CreateUser returns the model of the request.
func CreateUser() *Model {
	return with(map[string]shape{
		"!InstanceId": instanceID(), "!Username": text{min: 1, max: 100}, "Password": password(), "IdentityInfo": identityInfo(), "PhoneConfig": phoneConfig(),
		"DirectoryUserId": anyText(), "!SecurityProfileIds": list{min: 1, max: 10, item: resourceID()}, "!RoutingProfileId": resourceID(),
		"HierarchyGroupId": anyText(), "Tags": tags(),
	}, channelConfigs())
}

const userID = "UserId"

// UpdateUserPhoneConfig returns the model of the request.
func UpdateUserPhoneConfig() *Model {
	return updateResource(userID, map[string]shape{"!PhoneConfig": phoneConfig()})
}

// UpdateUserConfig returns the model of the request.
func UpdateUserConfig() *Model { return updateResource(userID, channelConfigs()) }

// UpdateUserHierarchy returns the model of the request.
func UpdateUserHierarchy() *Model {
	return updateResource(userID, map[string]shape{"HierarchyGroupId": anyText()})
}

// proficiencies are those of a user, with more members.
func proficiencies(more map[string]shape, required ...string) *Model {
	maps.Copy(more, map[string]shape{"AttributeName": text{min: 1, max: 100}, "AttributeValue": text{min: 1, max: 100}})
	return updateResource(userID, map[string]shape{
		"!UserProficiencies": list{item: object{members: more, required: append(required, "AttributeName", "AttributeValue")}},
	})
}

// AssociateUserProficiencies returns the model of the request, and of that of UpdateUserProficiencies.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_UserProficiency.html
func AssociateUserProficiencies() *Model {
	return proficiencies(map[string]shape{"Level": level{}}, "Level")
}

// DisassociateUserProficiencies returns the model of the request.
func DisassociateUserProficiencies() *Model { return proficiencies(map[string]shape{}) }

func statusState() shape { return text{enum: []string{"ENABLED", "DISABLED"}} }

// CreateAgentStatus returns the model of the request.
func CreateAgentStatus() *Model {
	return createResource(map[string]shape{"!State": statusState(), "DisplayOrder": integer{min: 1, max: 50}})
}

// UpdateAgentStatus returns the model of the request.
func UpdateAgentStatus() *Model {
	return updateResource("AgentStatusId", map[string]shape{
		"Name": resourceName(), "Description": text{max: 250}, "State": statusState(), "DisplayOrder": integer{min: 1, max: 50}, "ResetOrderNumber": truth{},
	})
}

// PutUserStatus returns the model of the request.
func PutUserStatus() *Model {
	return updateResource(userID, map[string]shape{"!AgentStatusId": resourceID()})
}

// ListAgentStatuses returns the model of the request.
func ListAgentStatuses() *Model {
	return listResources(1000, map[string]shape{"AgentStatusTypes": list{max: 3, item: text{enum: []string{"ROUTABLE", "CUSTOM", "OFFLINE"}}}})
}

// UpdateUserRoutingProfile returns the model of the request.
func UpdateUserRoutingProfile() *Model {
	return updateResource(userID, map[string]shape{"!RoutingProfileId": resourceID()})
}

// UpdateUserSecurityProfiles returns the model of the request.
func UpdateUserSecurityProfiles() *Model {
	return updateResource(userID, map[string]shape{"!SecurityProfileIds": list{min: 1, max: 10, item: resourceID()}})
}

// UpdateUserIdentityInfo returns the model of the request.
func UpdateUserIdentityInfo() *Model {
	return updateResource(userID, map[string]shape{"!IdentityInfo": identityInfo()})
}
