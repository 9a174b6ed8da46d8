package connectmodel

import (
	"maps"
	"math"
)

// The requests about queues and hours of operation.

// outboundCaller is what calls out of a queue show.
func outboundCaller() shape {
	return object{members: map[string]shape{
		"OutboundCallerIdName": text{min: 1, max: 255}, "OutboundCallerIdNumberId": anyText(), "OutboundFlowId": text{max: 500},
	}}
}

func maxContacts() shape { return integer{min: 0, max: math.MaxInt32} }

func quickConnectIDs() shape { return list{min: 1, max: 50, item: resourceID()} }

// CreateQueue returns the model of the request.
func CreateQueue() *Model {
	email := map[string]shape{"OutboundEmailAddressId": text{min: 1, max: 500}}
	address := object{members: map[string]shape{"EmailAddressId": text{min: 1, max: 500}}, required: []string{"EmailAddressId"}}
	return createResource(map[string]shape{
		"!HoursOfOperationId": resourceID(), "MaxContacts": maxContacts(), "OutboundCallerConfig": outboundCaller(),
		"OutboundEmailConfig": object{members: email}, "EmailAddressesConfig": list{min: 1, max: 50, item: address},
		"QuickConnectIds": quickConnectIDs(),
	})
}

// ListQueues returns the model of the request.
func ListQueues() *Model {
	return listResources(1000, map[string]shape{"queueTypes": list{max: 2, item: text{enum: []string{"STANDARD", "AGENT"}}}})
}

// UpdateQueueStatus returns the model of the request.
func UpdateQueueStatus() *Model {
	return updateResource("QueueId", map[string]shape{"!Status": text{enum: []string{"ENABLED", "DISABLED"}}})
}

// UpdateQueueHoursOfOperation returns the model of the request.
func UpdateQueueHoursOfOperation() *Model {
	return updateResource("QueueId", map[string]shape{"!HoursOfOperationId": resourceID()})
}

// UpdateQueueMaxContacts returns the model of the request.
func UpdateQueueMaxContacts() *Model {
	return updateResource("QueueId", map[string]shape{"MaxContacts": maxContacts()})
}

// UpdateQueueOutboundCallerConfig returns the model of the request.
func UpdateQueueOutboundCallerConfig() *Model {
	return updateResource("QueueId", map[string]shape{"!OutboundCallerConfig": outboundCaller()})
}

// AssociateQueueQuickConnects returns the model of the request, and of its opposite.
func AssociateQueueQuickConnects() *Model {
	return updateResource("QueueId", map[string]shape{"!QuickConnectIds": quickConnectIDs()})
}

// timeSlice is a time of the day.
func timeSlice() shape {
	return object{
		members:  map[string]shape{"Hours": integer{min: 0, max: 23}, "Minutes": integer{min: 0, max: 59}},
		required: []string{"Hours", "Minutes"},
	}
}

// openTimes are times of days of the week; each of its members is needed where they are hours of every week.
func openTimes(required ...string) shape {
	return list{max: 100, item: object{required: required, members: map[string]shape{
		"Day":       text{enum: []string{"SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"}},
		"StartTime": timeSlice(), "EndTime": timeSlice(),
	}}}
}

func weekTimes() shape { return openTimes("Day", "StartTime", "EndTime") }

func parentHours() shape {
	return list{max: 3, item: object{members: map[string]shape{"HoursOfOperationId": resourceID()}}}
}

// CreateHoursOfOperation returns the model of the request.
func CreateHoursOfOperation() *Model {
	return createResource(map[string]shape{"!TimeZone": anyText(), "!Config": weekTimes(), "ParentHoursOfOperationConfigs": parentHours()})
}

// AssociateHoursOfOperations returns the model of the request.
func AssociateHoursOfOperations() *Model {
	return updateResource(hoursID, map[string]shape{"!ParentHoursOfOperationConfigs": parentHours()})
}

// DisassociateHoursOfOperations returns the model of the request.
func DisassociateHoursOfOperations() *Model {
	return updateResource(hoursID, map[string]shape{"!ParentHoursOfOperationIds": list{min: 1, max: 3, item: resourceID()}})
}

// UpdateHoursOfOperation returns the model of the request.
func UpdateHoursOfOperation() *Model {
	return updateResource(hoursID, map[string]shape{
		"Name": resourceName(), "Description": text{max: 250}, "TimeZone": anyText(), "Config": weekTimes(),
	})
}

const hoursID, overrideID = "HoursOfOperationId", "HoursOfOperationOverrideId"

// override are the members of an override of hours.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_HoursOfOperationOverride.html
func override(required string, more map[string]shape) *Model {
	pattern := object{required: []string{"Frequency", "Interval"}, members: map[string]shape{
		"Frequency": text{enum: []string{"WEEKLY", "MONTHLY", "YEARLY"}}, "Interval": integer{min: 1, max: 6},
		"ByMonth": list{item: integer{min: 1, max: 12}}, "ByMonthDay": list{item: integer{min: -1, max: 31}},
		"ByWeekdayOccurrence": list{max: 1, item: integer{min: -1, max: 4}},
	}}
	members := map[string]shape{
		required + "Name": readable(127), "Description": readable(250), required + "Config": openTimes(),
		required + "EffectiveFrom": date(), required + "EffectiveTill": date(),
		"RecurrenceConfig": object{members: map[string]shape{"RecurrencePattern": pattern}, required: []string{"RecurrencePattern"}},
		"OverrideType":     text{enum: []string{"STANDARD", "OPEN", "CLOSED"}},
	}
	maps.Copy(members, more)
	return updateResource(hoursID, members)
}

// CreateHoursOfOperationOverride returns the model of the request.
func CreateHoursOfOperationOverride() *Model { return override("!", nil) }

// UpdateHoursOfOperationOverride returns the model of the request.
func UpdateHoursOfOperationOverride() *Model {
	return override("", map[string]shape{"!" + overrideID: text{min: 1, max: 36}})
}

// DescribeHoursOfOperationOverride returns the model of the request, and of those that hold nothing else.
func DescribeHoursOfOperationOverride() *Model {
	return updateResource(hoursID, map[string]shape{"!" + overrideID: text{min: 1, max: 36}})
}

// GetEffectiveHoursOfOperations returns the model of the request.
func GetEffectiveHoursOfOperations() *Model {
	return updateResource(hoursID, map[string]shape{"!fromDate": date(), "!toDate": date()})
}
