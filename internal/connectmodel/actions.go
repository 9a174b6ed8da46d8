package connectmodel

import "slices"

// The requests of the other actions that the embedded Amazon Connect answers. Members that
// travel in the path or the query are members like all others here, under the names they
// have on the wire.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_Operations_Amazon_Connect_Service.html

// contactID is the id of a contact, or its ARN.
func contactID() shape { return text{min: 1, max: 256} }

// request makes a model from its members; those whose name begins with ! are required.
func request(members map[string]shape) *Model {
	root := object{members: map[string]shape{}}
	for name, member := range members {
		if name[0] == '!' {
			name = name[1:]
			root.required = append(root.required, name)
		}
		root.members[name] = member
	}
	slices.Sort(root.required)
	return &Model{root: root}
}

// StopContact returns the model of the request.
func StopContact() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!ContactId": contactID(),
		"DisconnectReason": object{members: map[string]shape{"Code": text{min: 1, max: 100}}},
	})
}

// TransferContact returns the model of the request.
func TransferContact() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!ContactId": contactID(), "!ContactFlowId": flowID(), "QueueId": anyText(), "UserId": anyText(),
		"ClientToken": text{max: 500},
	})
}

// UpdateParticipantAuthentication returns the model of the request.
func UpdateParticipantAuthentication() *Model {
	told := func() shape { return text{min: 1, max: 2048} }
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!State": text{min: 1, max: 1000}, "Code": told(), "Error": told(), "ErrorDescription": told(),
	})
}

// DescribeContact returns the model of the request.
func DescribeContact() *Model {
	return request(map[string]shape{"!InstanceId": instanceID(), "!ContactId": contactID()})
}

// GetContactMetrics returns the model of the request.
func GetContactMetrics() *Model {
	metric := object{required: []string{"Name"}, members: map[string]shape{"Name": text{enum: []string{"ESTIMATED_WAIT_TIME", "POSITION_IN_QUEUE"}}}}
	return request(map[string]shape{"!InstanceId": instanceID(), "!ContactId": text{min: 1, max: 250}, "!Metrics": list{min: 1, item: metric}})
}

// GetContactAttributes returns the model of the request.
func GetContactAttributes() *Model {
	return request(map[string]shape{"!InstanceId": instanceID(), "!InitialContactId": contactID()})
}

// UpdateContactAttributes returns the model of the request.
func UpdateContactAttributes() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!InitialContactId": contactID(), "!Attributes": attributes(),
	})
}

// CreateParticipant returns the model of the request.
func CreateParticipant() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!ContactId": contactID(), ClientToken: text{max: 500},
		"!ParticipantDetails": object{members: map[string]shape{
			"ParticipantRole":         text{enum: []string{"AGENT", "CUSTOMER", "SYSTEM", "CUSTOM_BOT", "SUPERVISOR"}},
			"DisplayName":             text{min: 1, max: 256},
			"ParticipantCapabilities": object{},
		}},
	})
}

// StartContactStreaming returns the model of the request.
func StartContactStreaming() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!ContactId": contactID(), "!ClientToken": text{max: 500},
		"!ChatStreamingConfiguration": streaming(),
	})
}

// StopContactStreaming returns the model of the request.
func StopContactStreaming() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!ContactId": contactID(), "!StreamingId": text{min: 1, max: 100},
	})
}

// StartContactMediaProcessing returns the model of the request. AWS's model marks no member as required,
// and without one of them there is nothing to do.
func StartContactMediaProcessing() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!ContactId": contactID(), "!ProcessorArn": text{min: 1, max: 500},
		"!FailureMode": text{enum: []string{"DELIVER_UNPROCESSED_MESSAGE", "DO_NOT_DELIVER_UNPROCESSED_MESSAGE"}},
	})
}

// StopContactMediaProcessing returns the model of the request.
func StopContactMediaProcessing() *Model {
	return request(map[string]shape{"!InstanceId": instanceID(), "!ContactId": contactID()})
}

// CreatePersistentContactAssociation returns the model of the request.
func CreatePersistentContactAssociation() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!InitialContactId": contactID(), "!RehydrationType": rehydrationType(),
		"!SourceContactId": contactID(), ClientToken: text{max: 500},
	})
}

// UpdateParticipantRoleConfig returns the model of the request.
func UpdateParticipantRoleConfig() *Model {
	timer := object{
		members: map[string]shape{
			"ParticipantRole": text{enum: []string{"CUSTOMER", "AGENT"}},
			"TimerType":       text{enum: []string{"IDLE", "DISCONNECT_NONCUSTOMER"}},
			"TimerValue": object{members: map[string]shape{
				"ParticipantTimerAction":            text{enum: []string{"Unset"}},
				"ParticipantTimerDurationInMinutes": integer{min: 2, max: 480},
			}},
		},
		required: []string{"ParticipantRole", "TimerType", "TimerValue"},
	}
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!ContactId": contactID(),
		"!ChannelConfiguration": object{
			members: map[string]shape{"Chat": object{
				members:  map[string]shape{"ParticipantTimerConfigList": list{min: 1, max: 6, item: timer}},
				required: []string{"ParticipantTimerConfigList"},
			}},
			required: []string{"Chat"},
		},
	})
}

// SendChatIntegrationEvent returns the model of the request.
func SendChatIntegrationEvent() *Model {
	return request(map[string]shape{
		"!SourceId": text{min: 1, max: 255}, "!DestinationId": text{min: 1, max: 255}, "Subtype": text{min: 1, max: 100},
		"!Event": object{
			members: map[string]shape{
				"Type":        text{enum: []string{"DISCONNECT", "MESSAGE", "EVENT"}},
				"ContentType": text{min: 1, max: 100},
				"Content":     text{min: 1, max: 16_384, inBytes: true},
			},
			required: []string{"Type"},
		},
		"NewSessionDetails": object{members: map[string]shape{
			"SupportedMessagingContentTypes": list{item: text{min: 1, max: 100}},
			"ParticipantDetails":             participantDetails(),
			"Attributes":                     attributes(),
			"StreamingConfiguration":         streaming(),
		}},
	})
}

// StartAssistantContact returns the model of the request.
func StartAssistantContact() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!ParticipantDetails": participantDetails(),
		"!AiAgent": object{
			members:  map[string]shape{"AiAgentId": text{min: 1, max: 500}},
			required: []string{"AiAgentId"},
		},
		"InitialMessage": initialMessage(), Attributes: attributes(), ClientToken: text{max: 500},
		PersistentChat: persistentChat(), RelatedContactID: contactID(),
	})
}

// ListInstances returns the model of the request.
func ListInstances() *Model {
	return request(map[string]shape{"nextToken": nextToken(), "maxResults": integer{min: 1, max: 10}})
}

// DescribeInstance returns the model of the request.
func DescribeInstance() *Model {
	return request(map[string]shape{"!InstanceId": instanceID()})
}

// ListApprovedOrigins returns the model of the request.
func ListApprovedOrigins() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "nextToken": nextToken(), "maxResults": integer{min: 1, max: 25},
	})
}

// MaxFileBytes is the largest size of attachments that an instance can be set to, in bytes.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_UpdateAttachedFilesConfiguration.html
const MaxFileBytes = 100 << 20

const longestExtension = 10

// IsExtension reports whether attachments can be allowed to have an extension: 1 to 10 letters,
// digits, - and _, without a dot.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_AllowedExtension.html
func IsExtension(text string) bool { return len(text) <= longestExtension && IsAttributeKey(text) }

// AttachmentScopes are the kinds of contacts whose attachments an instance has rules for.
func AttachmentScopes() []string { return []string{"EMAIL", "CHAT", "CASE", "TASK"} }

func attachmentScope() shape { return text{enum: AttachmentScopes()} }

// DescribeAttachedFilesConfiguration returns the model of the request.
func DescribeAttachedFilesConfiguration() *Model {
	return request(map[string]shape{"!InstanceId": instanceID(), "!AttachmentScope": attachmentScope()})
}

// ListAttachedFilesConfigurations returns the model of the request.
func ListAttachedFilesConfigurations() *Model {
	return request(map[string]shape{
		"!InstanceId": instanceID(), "nextToken": nextToken(), "maxResults": integer{min: 1, max: 100},
	})
}

// UpdateAttachedFilesConfiguration returns the model of the request.
func UpdateAttachedFilesConfiguration() *Model {
	extension := object{members: map[string]shape{"Extension": text{min: 1, max: longestExtension}}, required: []string{"Extension"}}
	return request(map[string]shape{
		"!InstanceId": instanceID(), "!AttachmentScope": attachmentScope(), "MaximumSizeLimitInBytes": integer{min: 1, max: MaxFileBytes},
		"ExtensionConfiguration": object{
			members: map[string]shape{"AllowedExtensions": list{item: extension}}, required: []string{"AllowedExtensions"},
		},
	})
}
