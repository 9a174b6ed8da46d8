package flowcheck

import (
	"maps"

	"github.com/parley-chat/parley/internal/flow"
)

// demands are the types whose demands are known: what the pages say and what publishing was seen to
// insist on. What only some exports have is not in it.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/flow-language-actions.html
func demands() map[string]demand {
	all := talkDemands()
	maps.Copy(all, wayDemands())
	maps.Copy(all, dataDemands())
	for name, d := range all {
		if d.page != "" {
			d.page = reference + d.page + ".html"
		}
		all[name] = d
	}
	return all
}

// calls are the types of flows in which a contact has no queue yet, talks those in which the customer
// is there, choices those in which contacts are told apart.
func calls() []flow.Kind { return []flow.Kind{flow.Inbound, flow.AgentTransfer, flow.QueueTransfer} }

func talks() []flow.Kind { return append(calls(), flow.CustomerQueue) }

func choices() []flow.Kind { return append(talks(), flow.OutboundWhisper) }

func whispers() []flow.Kind {
	return []flow.Kind{flow.CustomerWhisper, flow.AgentWhisper, flow.OutboundWhisper}
}

// talkDemands are those of what speaks to people, waits for them and ends.
func talkDemands() map[string]demand {
	return map[string]demand{
		"MessageParticipant": {page: "participant-actions-messageparticipant", needs: []string{prompt}, whole: []string{"PromptId"}, flows: append(whispers(), talks()...)},
		"GetParticipantInput": {
			page: "participant-actions-getparticipantinput", whole: []string{"PromptId"}, next: noCondition, numbers: map[string][2]float64{"InputTimeLimitSeconds": {1, 180}},
		},
		"ConnectParticipantWithLexBot": {
			page: "participant-actions-connectparticipantwithlexbot", needs: []string{"LexV2Bot|LexBot", prompt + "|LexInitializationData"}, next: noCondition,
			errors: []string{noCondition, noMatch}, whole: []string{"PromptId"}, flows: talks(), numbers: map[string][2]float64{"LexTimeoutSeconds.Text": {60, 604800}},
		},
		"ConnectParticipantWithAgenticCX": {needs: []string{"AgentConfiguration"}, errors: []string{noMatch, noCondition, "InputTimeLimitExceeded"}},
		"ShowView": {
			page: "participant-actions-showview", needs: []string{"ViewResource", "InvocationTimeLimitSeconds"}, next: noCondition,
			errors: []string{noCondition, noMatch, "TimeLimitExceeded"}, static: []string{"InvocationTimeLimitSeconds"}, flows: []flow.Kind{flow.Inbound, flow.CustomerQueue},
		},
		"MessageParticipantIteratively": {
			page: "participant-actions-messageparticipantiteratively", needs: []string{"Messages"},
			flows: []flow.Kind{flow.CustomerQueue, flow.CustomerHold, flow.AgentHold},
		},
		"Wait": {
			page: "flow-control-actions-wait", conditions: []string{"WaitCompleted"}, errors: []string{noMatch}, next: noMatch, static: []string{"Events"}, whole: []string{"TimeLimitSeconds"},
			numbers: map[string][2]float64{"TimeLimitSeconds": {0, 604_800}}, flows: []flow.Kind{flow.Inbound, flow.CustomerQueue},
		},
		"DisconnectParticipant":  {page: "participant-actions-disconnectparticipant", last: true, flows: talks()},
		"EndFlowExecution":       {page: "flow-control-actions-endflowexecution", last: true, flows: append([]flow.Kind{flow.CustomerQueue}, whispers()...)},
		"EndFlowModuleExecution": {page: "endflowmoduleexecution", last: true, flows: []flow.Kind{flow.Module}},
		"TransferContactToAgent": {page: "contact-actions-transfercontacttoagent", last: true, flows: []flow.Kind{flow.AgentTransfer}},
	}
}

// wayDemands are those of what chooses a way, a queue or another flow.
func wayDemands() map[string]demand {
	return map[string]demand{
		"Compare": {page: "flow-control-actions-compare", needs: []string{"ComparisonValue"}, errors: []string{noCondition}, next: noCondition},
		"CheckHoursOfOperation": {
			page: "flow-control-actions-checkhoursofoperation", conditions: []string{"True", "False"}, errors: []string{noMatch}, next: noMatch, whole: []string{"HoursOfOperationId"}, flows: choices(),
		},
		"CheckMetricData": {
			page: "flow-control-actions-checkmetricdata", needs: []string{"MetricType"}, conditions: []string{""}, errors: []string{noCondition, noMatch}, next: noMatch,
			static: []string{"MetricType"}, whole: []string{"QueueId", "AgentId"}, flows: choices(),
		},
		"GetMetricData":          {errors: []string{noMatch}, whole: []string{"QueueId", "AgentId"}},
		"DistributeByPercentage": {page: "flow-control-actions-distributebypercentage", conditions: []string{""}, errors: []string{noCondition}, next: noCondition, flows: choices()},
		"Loop": {
			page: "flow-control-actions-loop", conditions: []string{"ContinueLooping", "DoneLooping"}, next: "DoneLooping", whole: []string{"LoopCount"},
			numbers: map[string][2]float64{"LoopCount": {0, 100}},
		},
		"TransferToFlow":           {page: "flow-control-actions-transfertoflow", needs: []string{"ContactFlowId"}, errors: []string{noMatch}, next: noMatch, whole: []string{"ContactFlowId"}, flows: calls()},
		"InvokeFlowModule":         {page: "flow-language-actions-invoke-flow-module", needs: []string{"FlowModuleId"}, errors: []string{noMatch}},
		"UpdateContactTargetQueue": {page: "contact-actions-updatecontacttargetqueue", needs: []string{either}, errors: []string{noMatch}, whole: []string{"QueueId", "AgentId"}, flows: calls()},
		"TransferContactToQueue":   {page: "contact-actions-transfercontacttoqueue", errors: []string{"QueueAtCapacity", noMatch}, next: noMatch, flows: calls()},
		"DequeueContactAndTransferToQueue": {
			page: "contact-actions-dequeuecontactandtransfertoqueue", needs: []string{either}, errors: []string{"QueueAtCapacity", noMatch}, next: noMatch,
			whole: []string{"QueueId", "AgentId"}, flows: []flow.Kind{flow.CustomerQueue},
		},
		"UpdateContactRoutingBehavior": {
			page: "contact-actions-updatecontactroutingbehavior", needs: []string{"QueuePriority|QueueTimeAdjustmentSeconds"}, static: []string{"QueuePriority"},
		},
		"UpdateContactRoutingCriteria": {needs: []string{"RoutingCriteria"}, errors: []string{noMatch}},
		"RouteContactToAgent":          {flows: []flow.Kind{flow.CustomerQueue}},
		"CompleteOutboundCall":         {page: "contact-actions-completeoutboundcall", flows: []flow.Kind{flow.OutboundWhisper}},
		"InvokeLambdaFunction": {
			page: "interactions-invokelambdafunction", needs: []string{"LambdaFunctionARN"}, errors: []string{noMatch}, static: []string{"InvocationTimeLimitSeconds"},
		},
	}
}

// dataDemands are those of what sets and gets data of the contact.
func dataDemands() map[string]demand {
	return map[string]demand{
		"UpdateContactAttributes": {page: "contact-actions-updatecontactattributes", needs: []string{"Attributes"}, errors: []string{noMatch}},
		"UpdateFlowAttributes":    {page: "flow-control-actions-updateflowattributes", needs: []string{"FlowAttributes"}, errors: []string{noMatch}},
		"UpdateContactData":       {page: "contact-actions-updatecontactdata", errors: []string{noMatch}},
		"UpdateContactEventHooks": {page: "contact-actions-updatecontacteventhooks", needs: []string{"EventHooks+EventHooksConfiguration"}, errors: []string{noMatch}},
		"UpdateFlowLoggingBehavior": {
			page: "flow-control-actions-updateflowloggingbehavior", needs: []string{"FlowLoggingBehavior"}, static: []string{"FlowLoggingBehavior"},
		},
		"TagContact":                     {page: "contact-actions-tagcontact", needs: []string{"Tags"}, errors: []string{noMatch}},
		"UntagContact":                   {page: "contact-actions-untagcontact", needs: []string{"TagKeys"}, errors: []string{noMatch}},
		"UpdateContactRecordingBehavior": {page: "contact-actions-updatecontactrecordingbehavior", needs: []string{"RecordingBehavior+AnalyticsBehavior"}},
		"UpdateContactRecordingAndAnalyticsBehavior": {
			page: "contact-actions-updatecontactrecordingandanalyticsbehavior", needs: []string{"VoiceBehavior|ChatBehavior|ScreenRecordingBehavior"},
			errors: []string{noMatch, "ChannelMismatch"},
		},
		"UpdateContactTextToSpeechVoice": {page: "contact-actions-updatecontacttexttospeechvoice", needs: []string{"TextToSpeechVoice"}},
		"CreateTask":                     {page: "createtask", errors: []string{noMatch}},
		"CreateWisdomSession":            {page: "createwisdomsession", needs: []string{"WisdomAssistantArn"}, errors: []string{noMatch}},
		"GetCase":                        {page: "getcase", errors: []string{noMatch, "NoneFound", "MultipleFound"}},
		"CreateCase":                     {page: "createcase", errors: []string{noMatch}},
		"UpdateCase":                     {page: "updatecase", errors: []string{noMatch}},
		"GetCustomerProfile": {
			page: "interactions-getcustomerprofile", needs: []string{"ProfileRequestData"}, errors: []string{noMatch, "NoneFoundError", "MultipleFoundError"},
		},
		"CreateCustomerProfile":             {page: "interactions-createcustomerprofile", errors: []string{noMatch}},
		"UpdateCustomerProfile":             {page: "interactions-updatecustomerprofile", errors: []string{noMatch}},
		"AssociateContactToCustomerProfile": {page: "interactions-associatecontacttocustomerprofile", errors: []string{noMatch}},
		"CreateCallbackContact":             {page: "interactions-createcallbackcontact", errors: []string{noMatch}},
		"UpdateContactCallbackNumber": {
			page: "contact-actions-updatecontactcallbacknumber", needs: []string{"CallbackNumber"}, errors: []string{"InvalidCallbackNumber", "CallbackNumberNotDialable"},
		},
	}
}
