package flow

// asked are the actions whose answer is somewhere else: functions, profiles, cases, data tables.
func asked() []Type {
	configured := func(name, note string) Type {
		return Type{Name: name, Support: Configured, Note: note, block: block{start: askWith}}
	}
	return []Type{
		configured(invokeFunction, "What `functions` in parley.yaml says (docs/functions.md); without an entry the error branch, and the log says what to write."),
		configured("CreateWisdomSession", "An invented session."),
		configured("CreateTask", "An invented task."),
		configured("GetCustomerProfile", "NoneFoundError: no profiles are kept here."),
		configured("GetCustomerProfileObject", "NoneFoundError: no profiles are kept here."),
		configured("GetCalculatedAttributesForCustomerProfile", "NoneFoundError: no profiles are kept here."),
		configured("CreateCustomerProfile", "An invented profile."),
		configured("UpdateCustomerProfile", "Accepted, and not kept."),
		configured("AssociateContactToCustomerProfile", "Accepted, and not kept."),
		configured("GetCase", "NoneFound: no cases are kept here."),
		configured("CreateCase", "An invented case."),
		configured("UpdateCase", "Accepted, and not kept."),
		{Name: "EvaluateDataTableValues", Support: ErrorBranch, block: block{start: askWith}, Note: "Data tables are not kept here: the error branch, with a line in the log."},
		{Name: "ListDataTableValues", Support: ErrorBranch, block: block{start: askWith}, Note: "Data tables are not kept here: the error branch, with a line in the log."},
		configured("UpsertDataTableValues", "Accepted, and not kept."),
		configured("CreatePersistentContactAssociation", "The history is that of the start request."),
	}
}

// voiceIDEnded is why the actions of Voice ID fail everywhere.
const voiceIDEnded = "Voice ID ended on 2026-05-20"

// voiceOnly are the actions that a chat cannot do, or that nothing here answers: their error branch
// is taken at once.
//
// Source: the channels of each block in "Flow block definitions" of the administrator guide.
func voiceOnly() []Type {
	var types []Type
	for _, t := range []struct {
		name, errorType, why string
		unanswered           bool
	}{
		{"TransferParticipantToThirdParty", noMatch, "transfers to a phone number are for calls", false},
		{"CreateCallbackContact", noMatch, "callbacks are for calls", false},
		{"UpdateContactCallbackNumber", "InvalidCallbackNumber", "callbacks are for calls", false},
		{"UpdateContactMediaStreamingBehavior", noMatch, "media streaming is for calls", false},
		{"UpdatePreviousContactParticipantState", noMatch, "hold is for calls", false},
		{"StartVoiceIdStream", noMatch, voiceIDEnded, false},
		{"CheckVoiceId", noMatch, voiceIDEnded, false},
		{"CheckOutboundCallStatus", noMatch, "this block is for calls", false},
		{"ResumeContact", noMatch, "this block is for tasks", false},
		{"StartOutboundChatContact", noMatch, "text messages and WhatsApp are not sent", true},
		{"StartOutboundEmailContact", noMatch, "e-mail is not sent", true},
		{"RenderMessageTemplate", noMatch, "message templates are not kept here", true},
		{"CheckSegmentMembership", noMatch, "customer segments are not kept here", true},
		{"CreateContact", noMatch, "other contacts are not made by flows here", true},
		{"LoadContactContent", noMatch, "this block is for e-mail", false},
	} {
		types = append(types, Type{Name: t.name, Support: ErrorBranch, Note: t.why + ".", unanswered: t.unanswered, block: block{
			start: func(r *run, _ *node) outcome {
				r.note = t.why
				return fail(t.errorType)
			},
		}})
	}
	return append(types, Type{Name: "CompleteOutboundCall", Support: Runs, Note: "Without effect.", block: block{start: nothing}})
}
