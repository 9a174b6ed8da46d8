package connectmodel

import (
	"math"
	"strings"
	"unicode"
)

// The requests about routing profiles and users.

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

// CreateUser returns the model of the request.
func CreateUser() *Model {
	limit := object{members: map[string]shape{"AfterContactWorkTimeLimit": integer{min: 0, max: math.MaxInt32}}}
	phoneType := text{enum: []string{"SOFT_PHONE", "DESK_PHONE"}}
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!Username": text{min: 1, max: 100}, "Password": password(), "IdentityInfo": identityInfo(),
		"PhoneConfig": object{members: map[string]shape{
			"PhoneType": phoneType, "AutoAccept": truth{}, "AfterContactWorkTimeLimit": integer{min: 0, max: math.MaxInt32}, "DeskPhoneNumber": phoneNumber(),
			"PersistentConnection": truth{},
		}},
		"DirectoryUserId": anyText(), "!SecurityProfileIds": list{min: 1, max: 10, item: resourceID()}, "!RoutingProfileId": resourceID(),
		"HierarchyGroupId":            anyText(),
		"AutoAcceptConfigs":           perChannel(map[string]shape{"AutoAccept": truth{}, "AgentFirstCallbackAutoAccept": truth{}}, "AutoAccept"),
		"AfterContactWorkConfigs":     perChannel(map[string]shape{"AfterContactWorkConfig": limit, "AgentFirstCallbackAfterContactWorkConfig": limit}, "AfterContactWorkConfig"),
		"PhoneNumberConfigs":          perChannel(map[string]shape{"PhoneType": phoneType, "PhoneNumber": phoneNumber()}, "PhoneType"),
		"PersistentConnectionConfigs": perChannel(map[string]shape{"PersistentConnection": truth{}}, "PersistentConnection"),
		"VoiceEnhancementConfigs": perChannel(map[string]shape{
			"VoiceEnhancementMode": text{enum: []string{"VOICE_ISOLATION", "NOISE_SUPPRESSION", "NONE"}},
		}, "VoiceEnhancementMode"),
		"Tags": tags(),
	})
}

// UpdateUserRoutingProfile returns the model of the request.
func UpdateUserRoutingProfile() *Model {
	return updateResource("UserId", map[string]shape{"!RoutingProfileId": resourceID()})
}

// UpdateUserSecurityProfiles returns the model of the request.
func UpdateUserSecurityProfiles() *Model {
	return updateResource("UserId", map[string]shape{"!SecurityProfileIds": list{min: 1, max: 10, item: resourceID()}})
}

// UpdateUserIdentityInfo returns the model of the request.
func UpdateUserIdentityInfo() *Model {
	return updateResource("UserId", map[string]shape{"!IdentityInfo": identityInfo()})
}
