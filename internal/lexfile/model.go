package lexfile

import (
	"cmp"
	"slices"

	"github.com/parley-chat/parley/internal/lex"
)

// What shapes say, in the model of package lex.

// messages are what a shape says, one for each form that it has.
func (m *messageShape) messages() []lex.Message {
	var all []lex.Message
	add := func(kind string, v *valueShape) {
		if v != nil {
			all = append(all, lex.Message{Type: kind, Content: string(v.Value)})
		}
	}
	add(lex.PlainText, m.PlainTextMessage)
	add(lex.CustomPayload, m.CustomPayload)
	add(lex.SSML, m.SsmlMessage)
	if c := m.ImageResponseCard; c != nil {
		card := &lex.Card{Title: string(c.Title), Subtitle: string(c.Subtitle), ImageURL: string(c.ImageURL)}
		for _, b := range append(c.ButtonsList, c.Buttons...) {
			card.Buttons = append(card.Buttons, lex.Button{Text: string(b.Text), Value: string(b.Value)})
		}
		all = append(all, lex.Message{Type: lex.ImageResponseCard, Card: card})
	}
	return all
}

// response is nothing for a shape that is not there; groups without a message are left out.
func (r *responseShape) response() lex.Response {
	var out lex.Response
	if r == nil {
		return out
	}
	for _, g := range append(r.MessageGroupsList, r.MessageGroups...) {
		var group lex.Group
		if g.Message != nil {
			group = append(group, g.Message.messages()...)
		}
		for n := range g.Variations {
			group = append(group, g.Variations[n].messages()...)
		}
		if len(group) > 0 {
			out.Groups = append(out.Groups, group)
		}
	}
	return out
}

func (p *promptShape) prompt() lex.Prompt {
	if p == nil {
		return lex.Prompt{}
	}
	return lex.Prompt{Response: p.response(), MaxRetries: int(p.MaxRetries), Ordered: p.MessageSelectionStrategy == "Ordered"}
}

// step is nil when nothing is said of what comes next: an export writes {} there as well.
func (s *stepShape) step() *lex.Step {
	if s == nil || s.DialogAction == nil && s.Intent == nil && len(s.SessionAttributes) == 0 {
		return nil
	}
	out := &lex.Step{Attributes: s.SessionAttributes}
	if d := s.DialogAction; d != nil {
		out.Type, out.Slot, out.Suppressed = d.Type, d.SlotToElicit, bool(d.SuppressNextMessage)
	}
	if s.Intent != nil {
		out.Intent = s.Intent.Name
		for name, v := range s.Intent.Slots {
			if out.Slots == nil {
				out.Slots = map[string]*lex.Value{}
			}
			out.Slots[name] = v.value()
		}
	}
	if out.Type == "" && len(out.Attributes) == 0 && len(out.Slots) == 0 {
		return nil // {} is no step
	}
	return out
}

// value is nil for a slot that is named without a value.
func (v *slotValueShape) value() *lex.Value {
	if v == nil || v.Value == nil && len(v.Values) == 0 {
		return nil
	}
	out := &lex.Value{}
	if v.Value != nil && v.Value.InterpretedValue != nil {
		interpreted := string(*v.Value.InterpretedValue)
		out.Interpreted, out.Original = &interpreted, interpreted
	}
	for n := range v.Values {
		if inner := v.Values[n].value(); inner != nil {
			out.Values = append(out.Values, inner)
		}
	}
	return out
}

// conditional is nil without a branch: then there is nothing to choose.
func (c *conditionalShape) conditional() *lex.Conditional {
	if c == nil || len(c.ConditionalBranches) == 0 && c.DefaultBranch == nil {
		return nil
	}
	out := &lex.Conditional{Active: bool(c.IsActive || c.Active)}
	for n := range c.ConditionalBranches {
		out.Branches = append(out.Branches, *c.ConditionalBranches[n].branch())
	}
	if c.DefaultBranch != nil {
		out.Default = c.DefaultBranch.branch()
	}
	return out
}

func (b *branchShape) branch() *lex.Branch {
	out := &lex.Branch{Name: b.Name, Response: b.Response.response(), Next: b.NextStep.step()}
	if b.Condition != nil {
		out.Expression = b.Condition.ExpressionString
	}
	return out
}

// outcome puts together what shapes hold in three members, whose names differ from place to place.
func outcome(r *responseShape, s *stepShape, c *conditionalShape) lex.Outcome {
	return lex.Outcome{Response: r.response(), Next: s.step(), Conditional: c.conditional()}
}

// outcomes are those of a function that answered, one that failed and one that took too long.
func (c *calledShape) outcomes() (success, failure, timeout lex.Outcome) {
	return outcome(c.SuccessResponse, c.SuccessNextStep, c.SuccessConditional),
		outcome(c.FailureResponse, c.FailureNextStep, c.FailureConditional),
		outcome(c.TimeoutResponse, c.TimeoutNextStep, c.TimeoutConditional)
}

// hook notes whether it was said what follows the call.
func (h *hookShape) hook() *lex.Hook {
	if h == nil {
		return nil
	}
	out := &lex.Hook{Active: bool(h.IsActive || h.Active), Invoked: bool(h.EnableCodeHookInvocation), Label: h.InvocationLabel}
	if p := h.PostCodeHookSpecification; p != nil {
		out.Declared = true
		out.Success, out.Failure, out.Timeout = p.outcomes()
	}
	return out
}

func (e *elicitationShape) elicitation() *lex.Elicitation {
	if e == nil {
		return nil
	}
	return &lex.Elicitation{On: bool(e.EnableCodeHookInvocation), Label: e.InvocationLabel}
}

// on is a switch that is on when nothing is said.
func on(flags ...*flag) bool {
	for _, f := range flags {
		if f != nil {
			return bool(*f)
		}
	}
	return true
}

// intent is an intent without its slots, which stand in files of their own in an export. Settings that
// are not there stay nil: to Lex they are not the same as ones that are switched off.
func (s *intentShape) intent(file string) *lex.Intent {
	i := &lex.Intent{Name: cmp.Or(s.Name, s.IntentName), Signature: s.ParentIntentSignature, File: file, Hooked: s.DialogCodeHook != nil && bool(s.DialogCodeHook.Enabled)}
	for _, u := range s.SampleUtterances {
		i.Utterances = append(i.Utterances, string(u.Utterance))
	}
	for _, c := range s.InputContexts {
		i.Inputs = append(i.Inputs, c.Name)
	}
	for _, c := range s.OutputContexts {
		i.Outputs = append(i.Outputs, lex.OutputContext{Name: c.Name, Seconds: int(c.TimeToLiveInSeconds), Turns: int(c.TurnsToLive)})
	}
	if c := s.InitialResponseSetting; c != nil {
		i.Initial = &lex.Initial{Outcome: outcome(c.InitialResponse, c.NextStep, c.Conditional), Hook: c.CodeHook.hook()}
	}
	if c := s.IntentConfirmationSetting; c != nil {
		i.Confirmation = &lex.Confirmation{
			On: on(c.IsActive, c.Active), Prompt: c.PromptSpecification.prompt(), Hook: c.CodeHook.hook(), Elicitation: c.ElicitationCodeHook.elicitation(),
			Confirmed: outcome(c.ConfirmationResponse, c.ConfirmationNextStep, c.ConfirmationConditional),
			Declined:  outcome(c.DeclinationResponse, c.DeclinationNextStep, c.DeclinationConditional),
			Failed:    outcome(c.FailureResponse, c.FailureNextStep, c.FailureConditional),
		}
	}
	if c := s.FulfillmentCodeHook; c != nil {
		i.Fulfilment = &lex.Fulfilment{Hooked: bool(c.Enabled), Inactive: !on(c.IsActive, c.Active)}
		if p := c.PostFulfillmentStatusSpecification; p != nil {
			i.Fulfilment.Success, i.Fulfilment.Failure, i.Fulfilment.Timeout = p.outcomes()
		}
	}
	if c := s.IntentClosingSetting; c != nil {
		i.Closing = &lex.Closing{On: on(c.IsActive, c.Active), Outcome: outcome(c.ClosingResponse, c.NextStep, c.Conditional)}
	}
	return i
}

// slot is a slot whose type may still be an id, as in answers of the API.
func (s *slotShape) slot(file string) *lex.Slot {
	out := &lex.Slot{Name: cmp.Or(s.Name, s.SlotName), Type: cmp.Or(s.SlotTypeName, s.SlotTypeID), File: file}
	if m := s.MultipleValuesSetting; m != nil {
		out.Multiple = bool(m.AllowMultipleValues || m.AllowMutlipleValues)
	}
	v := s.ValueElicitationSetting
	if v == nil {
		return out
	}
	out.Required, out.Prompt = v.SlotConstraint == "Required", v.PromptSpecification.prompt()
	for _, u := range v.SampleUtterances {
		out.Utterances = append(out.Utterances, string(u.Utterance))
	}
	if v.DefaultValueSpecification != nil {
		for _, d := range v.DefaultValueSpecification.DefaultValueList {
			out.Defaults = append(out.Defaults, string(d.DefaultValue))
		}
	}
	if c := v.SlotCaptureSetting; c != nil {
		out.Capture = lex.Capture{
			Captured: outcome(c.CaptureResponse, c.CaptureNextStep, c.CaptureConditional),
			Failed:   outcome(c.FailureResponse, c.FailureNextStep, c.FailureConditional),
			Hook:     c.CodeHook.hook(), Elicitation: c.ElicitationCodeHook.elicitation(),
		}
	}
	return out
}

// slotType notes grammars and composite types, too, so that a finding can say that they do not run.
func (s *typeShape) slotType(file string) *lex.SlotType {
	out := &lex.SlotType{Name: cmp.Or(s.Name, s.SlotTypeName), Parent: s.ParentSlotTypeSignature, File: file}
	for _, v := range s.SlotTypeValues {
		value := lex.SlotValue{Value: string(v.SampleValue.Value)}
		for _, syn := range v.Synonyms {
			value.Synonyms = append(value.Synonyms, string(syn.Value))
		}
		out.Values = append(out.Values, value)
	}
	if v := s.ValueSelectionSetting; v != nil {
		out.Restricted = v.ResolutionStrategy == "TOP_RESOLUTION" || v.ResolutionStrategy == "TopResolution"
		if v.RegexFilter != nil {
			out.Pattern = v.RegexFilter.Pattern
		}
	}
	out.Grammar = s.ExternalSourceSetting != nil && len(s.ExternalSourceSetting.GrammarSlotTypeSetting) > 0 && string(s.ExternalSourceSetting.GrammarSlotTypeSetting) != "null"
	out.Composite = s.CompositeSlotTypeSetting != nil && len(s.CompositeSlotTypeSetting.SubSlots) > 0
	return out
}

// priorities gives the slots of an intent their order, by name or by id.
func (s *intentShape) priorities(i *lex.Intent, ids map[string]string) (missing []string) {
	slices.SortStableFunc(s.SlotPriorities, func(a, b priorityShape) int { return cmp.Compare(a.Priority, b.Priority) })
	for _, p := range s.SlotPriorities {
		slot := i.Slot(cmp.Or(p.SlotName, ids[p.SlotID]))
		if slot == nil {
			missing = append(missing, cmp.Or(p.SlotName, p.SlotID))
			continue
		}
		rank := int(p.Priority)
		slot.Priority = &rank
	}
	return missing
}
