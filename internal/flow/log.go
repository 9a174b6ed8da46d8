package flow

import (
	"cmp"
	"maps"
	"strconv"
	"strings"
	"time"
)

// LogEntry is an entry of the flow log, in the form in which Amazon Connect writes it to CloudWatch:
// block types and parameters have the names of the older flow language, and time limits are in
// milliseconds.
//
// Source: "Data in flow logs that are stored in an Amazon CloudWatch log group" in the administrator
// guide.
type LogEntry struct {
	ContactID       string         `json:"ContactId"`
	ContactFlowID   string         `json:"ContactFlowId"`
	ContactFlowName string         `json:"ContactFlowName"`
	Module          string         `json:"ContactFlowModuleType"`
	Identifier      string         `json:"Identifier"`
	Timestamp       string         `json:"Timestamp"`
	Parameters      map[string]any `json:"Parameters"`
	// Results is the outcome as text, ExternalResults what a function has answered.
	Results         string `json:"Results,omitempty"`
	ExternalResults any    `json:"ExternalResults,omitempty"`
	// Logged is not Amazon Connect's: it says whether the entry would be there, by the logging that
	// the flow itself has switched on.
	Logged bool `json:"Logged"`
}

// Log returns the entries that Amazon Connect writes for an action of a contact: one, or one for each
// attribute or hook that the action sets.
func (t Trace) Log(at time.Time) []LogEntry {
	rule := t.logRule()
	entry := LogEntry{
		ContactID: t.Segment, ContactFlowID: cmp.Or(t.FlowARN, t.Flow), ContactFlowName: t.FlowName, Module: rule.module,
		Identifier: t.Action, Timestamp: at.UTC().Format("2006-01-02T15:04:05.000Z"), Results: t.logResult(),
		Logged: t.Logged,
	}
	if t.Type == invokeFunction {
		entry.ExternalResults = t.External
	}
	var entries []LogEntry
	for _, parameters := range t.logParameters(rule) {
		entry.Parameters = parameters
		entries = append(entries, entry)
	}
	return entries
}

// logRule is how an action is called in the log: its module, and pairs of the path of a parameter and
// its older name. A name that ends in * takes milliseconds for seconds.
type logRule struct {
	module string
	names  []string
}

// prompt are the parameters of what is said.
func prompt(more ...string) []string {
	return append([]string{"Text", "Text", "SSML", "Text", "PromptId", "AudioPrompt"}, more...)
}

// logRule is the reverse of [conversion.rule], which a test holds against it.
func (t Trace) logRule() logRule {
	switch t.Type {
	case "MessageParticipant":
		return logRule{"PlayPrompt", prompt()}
	case "MessageParticipantIteratively":
		return logRule{"LoopPrompts", []string{"InterruptFrequencySeconds", "InterruptSeconds"}}
	case "GetParticipantInput":
		names := prompt("InputTimeLimitSeconds", "Timeout*", "InputValidation.CustomValidation.MaximumLength", "MaxDigits")
		if Text(t.Parameters["StoreInput"]) == "True" {
			return logRule{"StoreUserInput", names}
		}
		return logRule{"GetUserInput", names}
	case "ConnectParticipantWithLexBot":
		return logRule{"GetUserInput", prompt("LexV2Bot.AliasArn", "BotAliasArn", "LexBot.Name", "BotName", "LexBot.Region", "BotRegion",
			"LexBot.Alias", "BotAlias", "LexSessionAttributes", "Parameters", "LexTimeoutSeconds.Text", "Timeout*")}
	case "Compare":
		return logRule{"CheckAttribute", []string{"ComparisonValue", "Attribute"}}
	case "UpdateContactAttributes":
		return logRule{"SetAttributes", nil}
	case "UpdateContactData":
		return logRule{"SetContactData", nil}
	case invokeFunction:
		return logRule{"InvokeExternalResource", []string{
			"LambdaFunctionARN", "FunctionArn", "InvocationTimeLimitSeconds", "TimeLimit*",
			"LambdaInvocationAttributes", "Parameters", "ResponseValidation.ResponseType", "ResponseValidation",
		}}
	case "UpdateContactEventHooks":
		return logRule{"SetContactFlow", nil}
	case "UpdateFlowLoggingBehavior":
		return logRule{"SetLoggingBehavior", []string{"FlowLoggingBehavior", "LoggingBehavior"}}
	case "Wait":
		return logRule{"Wait", []string{"TimeLimitSeconds", "TimeoutSeconds"}}
	case "DisconnectParticipant":
		return logRule{"Disconnect", nil}
	case "EndFlowExecution":
		return logRule{"Resume", nil}
	}
	return t.queueLogRule()
}

// queueLogRule are the rules about queues, and about what only calls have.
func (t Trace) queueLogRule() logRule {
	queue := []string{"QueueId", "Queue", "AgentId", "Agent"}
	switch t.Type {
	case "UpdateContactTargetQueue":
		return logRule{"SetQueue", queue}
	case "TransferContactToQueue", "DequeueContactAndTransferToQueue":
		return logRule{"Transfer", queue}
	case "TransferToFlow":
		return logRule{"Transfer", nil}
	case "TransferParticipantToThirdParty":
		return logRule{"Transfer", []string{"ThirdPartyPhoneNumber", "PhoneNumber", "ThirdPartyConnectionTimeLimitSeconds", "TimeLimit*"}}
	case "CheckHoursOfOperation":
		return logRule{"CheckHoursOfOperation", []string{"HoursOfOperationId", "Hours"}}
	case "CheckMetricData":
		if strings.HasPrefix(Text(t.Parameters["MetricType"]), "NumberOfAgents") {
			return logRule{"CheckStaffing", queue}
		}
		return logRule{"CheckQueueStatus", queue}
	case "GetMetricData":
		return logRule{"GetMetricData", queue}
	case "UpdateContactRoutingBehavior":
		return logRule{"UpdateRoutingPriority", []string{"QueuePriority", "AbsolutePosition", "QueueTimeAdjustmentSeconds", "RelativePosition"}}
	case "UpdateContactCallbackNumber":
		return logRule{"SetCallBackNumber", []string{"CallbackNumber", "CallBackNumber"}}
	case "CreateCallbackContact":
		return logRule{"CreateCallback", []string{"InitialCallDelaySeconds", "InitialDelaySeconds", "MaximumConnectionAttempts", "MaxRetryAttempts"}}
	case "UpdateContactRecordingBehavior":
		return logRule{"SetRecordingBehavior", nil}
	case "UpdateContactTextToSpeechVoice":
		return logRule{"SetVoice", []string{"TextToSpeechVoice", "GlobalVoice", "TextToSpeechEngine", "GlobalEngine", "TextToSpeechStyle", "SpeakingStyle"}}
	case "UpdateContactMediaStreamingBehavior":
		state := "Stop"
		if Text(t.Parameters["MediaStreamingState"]) == "Enabled" {
			state = "Start"
		}
		return logRule{state + "MediaStreaming", []string{"MediaStreamType", "MediaStreamTypes"}}
	}
	return logRule{t.Type, nil}
}

// logParameters are the parameters of the entries of an action.
func (t Trace) logParameters(rule logRule) []map[string]any {
	switch rule.module {
	case "SetAttributes":
		related := strconv.FormatBool(Text(t.Parameters["TargetContact"]) == "Related")
		return each(t.Parameters["Attributes"], func(key string, value any) map[string]any {
			return map[string]any{"Key": key, "Value": Text(value), "AddAttributeToRelatedContact": related}
		})
	case "SetContactFlow":
		return each(t.Parameters["EventHooks"], func(key string, value any) map[string]any {
			return map[string]any{"Type": key, "ContactFlowId": Text(value)}
		})
	}
	rest := make(map[string]any, len(t.Parameters)+1)
	maps.Copy(rest, t.Parameters)
	if _, ssml := rest["SSML"]; ssml && rule.module == "PlayPrompt" {
		rest["TextToSpeechType"] = "ssml"
	} else if _, plain := rest["Text"]; plain && rule.module == "PlayPrompt" {
		rest["TextToSpeechType"] = "text"
	}
	for i := 0; i+1 < len(rule.names); i += 2 {
		path := strings.Split(rule.names[i], ".")
		value := descend(t.Parameters, path)
		if value == nil {
			continue
		}
		name, inMilliseconds := strings.CutSuffix(rule.names[i+1], "*")
		if inMilliseconds {
			value = milliseconds(value)
		}
		delete(rest, path[0])
		rest[name] = value
	}
	switch rule.module {
	case "SetLoggingBehavior":
		rest["LoggingBehavior"] = strings.TrimSuffix(Text(rest["LoggingBehavior"]), "d")
	case "InvokeExternalResource":
		if kind, ok := rest["ResponseValidation"].(string); ok {
			rest["ResponseValidation"] = "ResponseType=" + kind
		}
	}
	return []map[string]any{rest}
}

// each returns what f makes of every entry of an object, in the order of the keys; one empty object
// for what has none.
func each(object any, f func(key string, value any) map[string]any) []map[string]any {
	entries, _ := object.(map[string]any)
	if len(entries) == 0 {
		return []map[string]any{{}}
	}
	var all []map[string]any
	for _, key := range sortedKeys(entries) {
		all = append(all, f(key, entries[key]))
	}
	return all
}

// milliseconds are seconds as the log has them. What is no number stays as it is.
func milliseconds(value any) any {
	seconds, err := strconv.ParseFloat(Text(value), 64)
	if err != nil {
		return value
	}
	return strconv.FormatInt(int64(seconds*1000), 10)
}

// logResult is the outcome of an action in the log.
func (t Trace) logResult() string {
	switch {
	case t.Failed && t.Type == invokeFunction:
		return "The Lambda Function Returned An Error."
	case t.Failed:
		return "Error"
	case t.Type == "Compare":
		return t.Branch
	}
	return t.Result
}
