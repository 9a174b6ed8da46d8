package flow

import (
	"cmp"
	"strings"
)

// legacyRule is what a module of the older export becomes: the type of the action, what fills its
// parameters, and the branches that do not mean the usual.
type legacyRule struct {
	to   string
	fill func(m *conversion)
	ways map[string]legacyWay
}

// noMatchingCondition is the branch of a result that no condition holds for.
const noMatchingCondition = "NoMatchingCondition"

// rule is the module's rule. A module that has none keeps its type and its parameters; what no
// action has the name of takes its error branch.
//
// Source: exports of the same flow from both consoles; the flow designer imports the older form.
func (m *conversion) rule() legacyRule {
	switch m.Type {
	case "PlayPrompt":
		return legacyRule{to: "MessageParticipant", fill: fillPrompt}
	case "GetUserInput":
		return userInput(m.Target)
	case "StoreUserInput":
		return legacyRule{to: "GetParticipantInput", fill: fillStoredInput, ways: map[string]legacyWay{"InvalidNumber": onFailure("InvalidPhoneNumber")}}
	case "CheckAttribute":
		return legacyRule{to: "Compare", fill: fillCompare}
	case "SetAttributes":
		return legacyRule{to: "UpdateContactAttributes", fill: func(m *conversion) { m.parameters["Attributes"] = m.keyed("Attribute") }}
	case "SetContactData":
		return legacyRule{to: "UpdateContactData", fill: fillContactData}
	case "InvokeExternalResource":
		return legacyRule{to: "InvokeLambdaFunction", fill: fillFunction}
	case "Transfer":
		return m.transfer(m.Target)
	case "TransferToFlow":
		return m.transfer("Flow")
	case "CustomerInQueue":
		return m.transfer("Queue")
	case "SetEventHook", "SetContactFlow":
		return legacyRule{to: "UpdateContactEventHooks", fill: func(m *conversion) { m.put("EventHooks."+m.text("Type"), "ContactFlowId") }}
	case "Wait":
		return legacyRule{to: "Wait", fill: fillWait, ways: map[string]legacyWay{
			"Timeout": onResult(waitCompleted), "CustomerReturn": onResult("CustomerReturned"),
		}}
	case "Loop":
		return legacyRule{to: "Loop", fill: putter("LoopCount", "LoopCount"), ways: map[string]legacyWay{
			"Looping": onResult("ContinueLooping"), "Complete": onResult("DoneLooping"),
		}}
	case "LoopPrompts":
		return legacyRule{to: "MessageParticipantIteratively", fill: fillPrompts, ways: map[string]legacyWay{"Timeout": onResult("MessagesInterrupted")}}
	}
	return m.queueRule()
}

// queueRule are the rules about queues, and about what only calls have.
func (m *conversion) queueRule() legacyRule {
	switch m.Type {
	case "SetQueue":
		return legacyRule{to: "UpdateContactTargetQueue", fill: fillQueue}
	case "CheckHoursOfOperation":
		return legacyRule{to: "CheckHoursOfOperation", fill: putter("HoursOfOperationId", "Hours")}
	case "CheckStaffing":
		return legacyRule{to: "CheckMetricData", fill: fillStaffing, ways: map[string]legacyWay{
			"True": {operator: "NumberGreaterThan", result: "0"}, "False": onFailure(noMatchingCondition),
		}}
	case "CheckQueueStatus":
		return legacyRule{to: "CheckMetricData", fill: fillQueueStatus}
	case "GetMetricData":
		return legacyRule{to: "GetMetricData", fill: fillQueue}
	case "UpdateRoutingPriority":
		return legacyRule{to: "UpdateContactRoutingBehavior", fill: putter("QueuePriority", "AbsolutePosition", "QueueTimeAdjustmentSeconds", "RelativePosition")}
	case "SetCallBackNumber":
		return legacyRule{to: "UpdateContactCallbackNumber", fill: putter("CallbackNumber", "CallBackNumber"), ways: map[string]legacyWay{
			"InvalidPhoneNumber": onFailure("InvalidCallbackNumber"), "NonDialableNumber": onFailure("CallbackNumberNotDialable"),
		}}
	case "CreateCallback":
		return legacyRule{to: "CreateCallbackContact", fill: putter("InitialCallDelaySeconds", "InitialDelaySeconds",
			"RetryDelaySeconds", "RetryDelaySeconds", "MaximumConnectionAttempts", "MaxRetryAttempts")}
	case "SetLoggingBehavior":
		return legacyRule{to: "UpdateFlowLoggingBehavior", fill: func(m *conversion) {
			m.parameters["FlowLoggingBehavior"] = enabled(m.text("LoggingBehavior"))
		}}
	case "SetRecordingBehavior":
		return legacyRule{to: "UpdateContactRecordingBehavior", fill: fillRecording}
	case "SetVoice":
		return legacyRule{to: "UpdateContactTextToSpeechVoice", fill: putter("TextToSpeechVoice", "GlobalVoice",
			"TextToSpeechEngine", "GlobalEngine", "TextToSpeechStyle", "SpeakingStyle")}
	case "StartMediaStreaming", "StopMediaStreaming":
		return legacyRule{to: "UpdateContactMediaStreamingBehavior", fill: func(m *conversion) {
			m.parameters["MediaStreamingState"] = enabled(strings.TrimSuffix(m.Type, "MediaStreaming"))
			m.put("MediaStreamType", "MediaStreamTypes")
			m.put("Track", "Track")
		}}
	case "Disconnect":
		return legacyRule{to: "DisconnectParticipant"}
	case "Resume":
		return legacyRule{to: "EndFlowExecution"}
	}
	return legacyRule{to: m.Type, fill: func(m *conversion) {
		for _, p := range m.Parameters {
			m.put(strings.ReplaceAll(p.text("name"), ".", "_"), p.text("name"))
		}
	}}
}

// putter fills parameters that only change their names: pairs of the new name and the old one.
func putter(pairs ...string) func(m *conversion) {
	return func(m *conversion) {
		for i := 0; i+1 < len(pairs); i += 2 {
			m.put(pairs[i], pairs[i+1])
		}
	}
}

// enabled is a switch in the flow language.
func enabled(word string) string {
	if word == "Enable" || word == "Start" {
		return "Enabled"
	}
	return "Disabled"
}

// userInput is a question by keys, or by a bot.
func userInput(target string) legacyRule {
	if target == "Lex" {
		return legacyRule{to: "ConnectParticipantWithLexBot", fill: func(m *conversion) {
			fillPrompt(m)
			putter("LexV2Bot.AliasArn", "BotAliasArn", "LexBot.Name", "BotName", "LexBot.Region", "BotRegion", "LexBot.Alias", "BotAlias")(m)
			if attributes := m.keyed("Parameter"); len(attributes) > 0 {
				m.parameters["LexSessionAttributes"] = attributes
			}
		}, ways: map[string]legacyWay{"Timeout": onFailure("InputTimeLimitExceeded")}}
	}
	return legacyRule{to: "GetParticipantInput", fill: func(m *conversion) {
		fillPrompt(m)
		m.parameters["StoreInput"] = "False"
		m.put("InputTimeLimitSeconds", "Timeout")
		m.put("InputValidation.CustomValidation.MaximumLength", "MaxDigits")
	}, ways: map[string]legacyWay{"Timeout": onFailure("InputTimeLimitExceeded")}}
}

// transfer is a transfer to a queue, to a flow or to a phone number. In the flow of a waiting contact
// it leaves one queue for another.
func (m *conversion) transfer(target string) legacyRule {
	switch target {
	case "Flow":
		return legacyRule{to: "TransferToFlow", fill: func(m *conversion) {
			m.parameters["ContactFlowId"] = "" // the oldest exports have the flow's name alone, in the metadata
			m.put("ContactFlowId", "ContactFlowId")
		}}
	case "PhoneNumber":
		return legacyRule{to: "TransferParticipantToThirdParty", fill: func(m *conversion) {
			putter("ThirdPartyPhoneNumber", "PhoneNumber", "ThirdPartyConnectionTimeLimitSeconds", "TimeLimit")(m)
			if strings.EqualFold(m.text("BlindTransfer"), "true") {
				m.parameters["ContinueFlowExecution"] = "False"
			} else {
				m.parameters["ContinueFlowExecution"] = "True"
			}
		}, ways: map[string]legacyWay{"CallFailure": onFailure("CallFailed"), "Timeout": onFailure("ConnectionTimeLimitExceeded")}}
	}
	rule := legacyRule{to: "TransferContactToQueue", ways: map[string]legacyWay{"AtCapacity": onFailure("QueueAtCapacity")}}
	if m.queueFlow {
		rule.to, rule.fill = "DequeueContactAndTransferToQueue", fillQueue
	}
	return rule
}

func fillQueue(m *conversion) {
	m.put("QueueId", "Queue")
	m.put("AgentId", "Agent")
}

// fillPrompt sets what is said: a text, a text with tags, or a recording.
func fillPrompt(m *conversion) {
	if strings.EqualFold(m.text("TextToSpeechType"), "ssml") {
		m.put("SSML", "Text")
	} else {
		m.put("Text", "Text")
	}
	m.put("PromptId", "AudioPrompt")
}

// fillPrompts sets what is said again and again, in the order of the parameters.
func fillPrompts(m *conversion) {
	var messages []any
	for _, p := range m.Parameters {
		switch p.text("name") {
		case "AudioPrompt":
			messages = append(messages, map[string]any{"PromptId": m.value(p)})
		case "Text":
			member := "Text"
			if strings.EqualFold(p.text("key"), "ssml") {
				member = "SSML"
			}
			messages = append(messages, map[string]any{member: m.value(p)})
		}
	}
	m.parameters["Messages"] = messages
	m.put("InterruptFrequencySeconds", "InterruptSeconds")
}

func fillStoredInput(m *conversion) {
	fillPrompt(m)
	m.parameters["StoreInput"] = "True"
	m.put("InputTimeLimitSeconds", "Timeout")
	if m.text("CustomerInputType") == "PhoneNumber" {
		putter("InputValidation.PhoneNumberValidation.NumberFormat", "PhoneNumberFormat", "InputValidation.PhoneNumberValidation.CountryCode", "CountryCode")(m)
	} else {
		m.put("InputValidation.CustomValidation.MaximumLength", "MaxDigits")
	}
	if strings.EqualFold(m.text("EncryptEntry"), "true") {
		putter("InputEncryption.EncryptionKeyId", "EncryptionKeyId", "InputEncryption.Key", "EncryptionKey")(m)
	}
	putter("DTMFConfiguration.InputTerminationSequence", "TerminatorDigits", "DTMFConfiguration.DisableCancelKey", "DisableCancel")(m)
}

// fillCompare sets the path to compare: its namespace stands in a parameter of its own.
func fillCompare(m *conversion) {
	m.parameters["ComparisonValue"] = m.value(legacyParameter{"value": m.text("Attribute"), "namespace": m.text("Namespace")})
}

// fillContactData sets the members that stand within the parameter itself.
func fillContactData(m *conversion) {
	p, _ := m.find("ContactData")
	for name, value := range p {
		switch name {
		case "name", "value", "key", "namespace", "resourceName", "":
		default:
			m.parameters[strings.ToUpper(name[:1])+name[1:]] = Text(value)
		}
	}
}

func fillFunction(m *conversion) {
	putter("LambdaFunctionARN", "FunctionArn", "InvocationTimeLimitSeconds", "TimeLimit")(m)
	if attributes := m.keyed("Parameter"); len(attributes) > 0 {
		m.parameters["LambdaInvocationAttributes"] = attributes
	}
}

func fillWait(m *conversion) {
	m.put("TimeLimitSeconds", "TimeoutSeconds")
	if strings.EqualFold(m.text("InterruptOnCustomerReturn"), "true") {
		m.parameters["Events"] = []any{"CustomerReturned"}
	}
}

func fillStaffing(m *conversion) {
	m.parameters["MetricType"] = "NumberOfAgents" + cmp.Or(m.text("Status"), "Available")
	fillQueue(m)
}

// fillQueueStatus chooses the measure by the branches: the age of the oldest contact is compared in
// milliseconds.
func fillQueueStatus(m *conversion) {
	m.parameters["MetricType"] = "NumberOfContactsInQueue"
	for _, b := range m.Branches {
		if b.Condition == "CheckQueueTime" {
			m.parameters["MetricType"] = "OldestContactInQueueAgeSeconds"
		}
	}
	fillQueue(m)
}

// fillRecording sets who would be recorded. Nothing is in a chat.
func fillRecording(m *conversion) {
	participants := []any{}
	if m.text("RecordingBehaviorOption") == "Enable" {
		switch who := m.text("RecordingParticipantOption"); who {
		case "Both", "":
			participants = append(participants, "Agent", "Customer")
		default:
			participants = append(participants, who)
		}
	}
	m.parameters["RecordingBehavior"] = map[string]any{"RecordedParticipants": participants}
}
