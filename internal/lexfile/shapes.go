package lexfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// The shapes of an export, of the answers of the API and of CloudFormation are one: encoding/json does
// not mind the case of letters, and where the names differ, a shape has both.

// flag is a boolean, which templates write as a text, too.
type flag bool

// UnmarshalJSON implements [json.Unmarshaler]. What is no boolean is false.
func (f *flag) UnmarshalJSON(data []byte) error {
	text := string(bytes.Trim(data, `"`))
	*f = text == "true" || text == "True"
	return nil
}

// number is a number, which templates write as a text, too.
type number float64

// UnmarshalJSON implements [json.Unmarshaler]. What is no number stays zero: a template may leave it
// open.
func (n *number) UnmarshalJSON(data []byte) error {
	if v, err := strconv.ParseFloat(string(bytes.Trim(data, `"`)), 64); err == nil {
		*n = number(v)
	}
	return nil
}

// text is a text; what a template leaves open stays as the name of what it stands for.
type text string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *text) UnmarshalJSON(data []byte) error {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return err //nolint:wrapcheck // encoding/json adds the place
	}
	*t = text(opaque(v))
	return nil
}

// opaque is the name in a Ref, Fn::Sub or Fn::ImportValue.
func opaque(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case nil:
		return ""
	case map[string]any:
		for _, inner := range v {
			return opaque(inner)
		}
	case []any:
		if len(v) > 0 {
			return opaque(v[0])
		}
	}
	return fmt.Sprint(v)
}

// valueShape is an object around one text, as many members of a bot are.
type valueShape struct{ Value text }

// messageShape is a message of the bot in one of four forms. The buttons of a card are ButtonsList in an
// export, and Buttons elsewhere.
type messageShape struct {
	PlainTextMessage, CustomPayload, SsmlMessage *valueShape
	ImageResponseCard                            *struct {
		Title, Subtitle, ImageURL text
		ButtonsList, Buttons      []struct{ Text, Value text }
	}
}

// groupShape is a message and others that may be said in its place.
type groupShape struct {
	Message    *messageShape
	Variations []messageShape
}

// responseShape is what the bot says at one place: a message of each group, in their order.
type responseShape struct{ MessageGroupsList, MessageGroups []groupShape }

// promptShape is a question, and how often it is repeated when the answer is of no use.
type promptShape struct {
	responseShape
	MaxRetries               number
	MessageSelectionStrategy string
}

// pairs is a map of texts, which templates write as a list of keys and values.
type pairs map[string]string

// UnmarshalJSON implements [json.Unmarshaler].
func (p *pairs) UnmarshalJSON(data []byte) error {
	*p = pairs{}
	var list []struct{ Key, Value text }
	if json.Unmarshal(data, &list) == nil {
		for _, e := range list {
			(*p)[string(e.Key)] = string(e.Value)
		}
		return nil
	}
	var m map[string]text
	if err := json.Unmarshal(data, &m); err != nil {
		return err //nolint:wrapcheck // encoding/json adds the place
	}
	for key, value := range m {
		(*p)[key] = string(value)
	}
	return nil
}

// slotValueShape is the value that a step gives a slot: one, or a list for a slot of several.
type slotValueShape struct {
	Shape  string
	Value  *struct{ InterpretedValue *text }
	Values []slotValueShape
}

// slotValues are slots that a step sets, which templates write as a list.
type slotValues map[string]*slotValueShape

// UnmarshalJSON implements [json.Unmarshaler].
func (s *slotValues) UnmarshalJSON(data []byte) error {
	*s = slotValues{}
	var list []struct {
		SlotName          string
		SlotValueOverride *slotValueShape
	}
	if json.Unmarshal(data, &list) == nil {
		for _, e := range list {
			(*s)[e.SlotName] = e.SlotValueOverride
		}
		return nil
	}
	return json.Unmarshal(data, (*map[string]*slotValueShape)(s)) //nolint:wrapcheck // encoding/json adds the place
}

// stepShape is what the dialogue does next, which intent it goes on with, and what it keeps in the session.
type stepShape struct {
	DialogAction *struct {
		Type, SlotToElicit  string
		SuppressNextMessage flag
	}
	Intent *struct {
		Name  string
		Slots slotValues
	}
	SessionAttributes pairs
}

// branchShape is one way out of a condition. A default branch has no expression.
type branchShape struct {
	Name      string
	Condition *struct{ ExpressionString string }
	Response  *responseShape
	NextStep  *stepShape
}

// conditionalShape is where a dialogue goes one of several ways: that of the first branch whose expression
// holds. The API calls the switch Active, exports and templates call it IsActive, here as below.
type conditionalShape struct {
	IsActive, Active    flag
	ConditionalBranches []branchShape
	DefaultBranch       *branchShape
}

// hookShape is the call of a function in the middle of a dialogue, and what follows it.
type hookShape struct {
	IsActive, Active          flag
	EnableCodeHookInvocation  flag
	InvocationLabel           string
	PostCodeHookSpecification *calledShape
}

// calledShape is what follows the call of a function.
type calledShape struct {
	SuccessResponse, FailureResponse, TimeoutResponse          *responseShape
	SuccessNextStep, FailureNextStep, TimeoutNextStep          *stepShape
	SuccessConditional, FailureConditional, TimeoutConditional *conditionalShape
}

// elicitationShape says that a function is called with each answer to a question.
type elicitationShape struct {
	EnableCodeHookInvocation flag
	InvocationLabel          string
}

// intentShape is an intent: what customers say for it, and what happens from its beginning to its end.
type intentShape struct {
	Name, IntentName, Identifier, IntentID string
	ParentIntentSignature                  string
	SampleUtterances                       []struct{ Utterance text }
	IntentConfirmationSetting              *struct {
		IsActive, Active                                                    *flag
		PromptSpecification                                                 *promptShape
		ConfirmationResponse, DeclinationResponse, FailureResponse          *responseShape
		ConfirmationNextStep, DeclinationNextStep, FailureNextStep          *stepShape
		ConfirmationConditional, DeclinationConditional, FailureConditional *conditionalShape
		CodeHook                                                            *hookShape
		ElicitationCodeHook                                                 *elicitationShape
	}
	IntentClosingSetting *struct {
		IsActive, Active *flag
		ClosingResponse  *responseShape
		NextStep         *stepShape
		Conditional      *conditionalShape
	}
	InitialResponseSetting *struct {
		InitialResponse *responseShape
		NextStep        *stepShape
		Conditional     *conditionalShape
		CodeHook        *hookShape
	}
	InputContexts  []struct{ Name string }
	OutputContexts []struct {
		Name                             string
		TimeToLiveInSeconds, TurnsToLive number
	}
	DialogCodeHook      *struct{ Enabled flag }
	FulfillmentCodeHook *struct {
		Enabled                            flag
		IsActive, Active                   *flag
		PostFulfillmentStatusSpecification *calledShape
	}
	SlotPriorities []priorityShape
	Slots          []slotShape // of CloudFormation
}

// priorityShape is the place of a slot among those that an intent asks for: by name in a template, by id in
// an answer of the API.
type priorityShape struct {
	Priority         number
	SlotName, SlotID string
}

// slotShape is a slot. AllowMutlipleValues is how the API and its exports spell the member.
type slotShape struct {
	Name, SlotName, Identifier, SlotID, IntentID string
	SlotTypeName, SlotTypeID                     string
	MultipleValuesSetting                        *struct{ AllowMultipleValues, AllowMutlipleValues flag }
	ValueElicitationSetting                      *struct {
		SlotConstraint            string
		PromptSpecification       *promptShape
		DefaultValueSpecification *struct {
			DefaultValueList []struct{ DefaultValue text }
		}
		SampleUtterances   []struct{ Utterance text }
		SlotCaptureSetting *struct {
			CaptureResponse, FailureResponse       *responseShape
			CaptureNextStep, FailureNextStep       *stepShape
			CaptureConditional, FailureConditional *conditionalShape
			CodeHook                               *hookShape
			ElicitationCodeHook                    *elicitationShape
		}
	}
}

// typeShape is a slot type: its values, or another type or an expression that decides.
type typeShape struct {
	Name, SlotTypeName, Identifier, SlotTypeID string
	SlotTypeValues                             []struct {
		SampleValue valueShape
		Synonyms    []valueShape
	}
	ValueSelectionSetting *struct {
		ResolutionStrategy string
		RegexFilter        *struct{ Pattern string }
	}
	ParentSlotTypeSignature  string
	ExternalSourceSetting    *struct{ GrammarSlotTypeSetting json.RawMessage }
	CompositeSlotTypeSetting *struct {
		SubSlots []json.RawMessage
	}
}
