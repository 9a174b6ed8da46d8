package connectserver

import (
	"context"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/fidelity"
)

// action is an operation that is emulated. Where it is found on the wire is in the list of
// operations.
type action struct {
	name string
	// query are the members that travel in the query.
	query []parameter
	// model is what a request must look like, wherever its members travel.
	model *connectmodel.Model
	run   runner
	// source is where its behaviour comes from and note what is special about it.
	source fidelity.Source
	note   string
	// foreign says that Amazon Connect has the action for other channels alone, so that it changes nothing.
	foreign bool
}

// runner carries out an action whose request has the documented shape. proceed is called
// once the rules between members hold, and may refuse to go on.
type runner func(ctx context.Context, request jsontext.Value, proceed func() *awswire.Error) (any, error)

// ruled is a request with rules between its members.
type ruled interface{ rules() *awswire.Error }

// bind makes a runner from a function over decoded values.
func bind[In, Out any](f func(context.Context, *In) (*Out, error)) runner {
	return func(ctx context.Context, request jsontext.Value, proceed func() *awswire.Error) (any, error) {
		in := new(In)
		if json.Unmarshal(request, in) != nil { // the check has seen every member's type
			return nil, refusal(serialization, "The request cannot be read.")
		}
		if r, ok := any(in).(ruled); ok {
			if refused := r.rules(); refused != nil {
				return nil, refused
			}
		}
		if refused := proceed(); refused != nil {
			return nil, refused
		}
		return f(ctx, in)
	}
}

// startChatContact is the one action that is also reached without the wire.
const startChatContact = "StartChatContact"

// registry lists the actions that are emulated.
func (s *Service) registry() []*action {
	return slices.Concat(s.chatActions(), s.contactActions(), s.participantActions(), s.instanceActions(),
		s.flowActions(), s.moduleActions(), s.resourceActions(), s.testActions(),
		s.queueActions(), s.hoursActions(), s.parentActions(), s.overrideActions(), s.promptActions(), s.profileActions(),
		s.userActions(), s.proficiencyActions(), s.statusActions(), s.viewActions())
}

// chatActions are those that begin chats, and what they go on from.
func (s *Service) chatActions() []*action {
	return []*action{
		{
			name: startChatContact, model: connectmodel.StartChatContact(), run: bind(s.startChat), source: fidelity.Documentation,
			note: "A repeated `ClientToken` returns the first result for 7 days, whatever the body (guessed). " +
				"`ResponseMode` `INCREMENTAL` lets the chat take answers in pieces. With `DisconnectOnCustomerExit` the disconnect flow runs when the customer leaves an agent.",
		},
		{
			name: "StartAssistantContact", model: connectmodel.StartAssistantContact(), run: bind(s.startAssistant), source: fidelity.Model,
			note: "Starts a chat as StartChatContact does; there is no AI agent in it.",
		},
		{
			name: "SendChatIntegrationEvent", model: connectmodel.SendChatIntegrationEvent(), run: bind(s.integrate), source: fidelity.Documentation,
			note: "AWS keeps it for its own messaging services. A session is an active chat with the same source, destination and " +
				"subtype; it lasts over restarts. What the chat says is published to the topic of `StreamingEndpointArn`, or logged.",
		},
		{
			name: "CreatePersistentContactAssociation", model: connectmodel.CreatePersistentContactAssociation(), run: bind(s.associate),
			source: fidelity.Documentation, note: "A second, different association of a contact is refused (guessed). `FROM_SEGMENT` goes on from any contact of a chat that has ended, " +
				"from the one before its survey too while that runs; `ENTIRE_PAST_SESSION` from its last one, the survey's.",
		},
	}
}

// contactActions are about one contact as a whole.
func (s *Service) contactActions() []*action {
	return []*action{
		{
			name: "StopContact", model: connectmodel.StopContact(), run: bind(s.stopContact), source: fidelity.Documentation,
			note: "Stopping a contact that has ended answers 200 (guessed); `DisconnectReason` is for voice and ignored.",
		},
		{
			name: "TransferContact", model: connectmodel.TransferContact(), run: bind(s.transferContact), source: fidelity.Documentation, foreign: true,
			note: "For tasks and e-mails: a chat is checked like them and refused with `InvalidRequestException`. Its agent passes it on at the desk.",
		},
		{
			name: "DescribeContact", model: connectmodel.DescribeContact(), run: bind(s.describeContact), source: fidelity.Model,
			note: "Filled: what a chat has; each contact of a chat by its own id. `ChatMetrics` appear when the chat has ended. `AgentInfo` has the id of a user who was created; `QueueInfo` is that of the last contact.",
		},
		{
			name: "GetContactMetrics", model: connectmodel.GetContactMetrics(), run: bind(s.contactMetrics), source: fidelity.Documentation,
			note: "The place is that in the desk's queue; the wait is guessed as GetMetricData does in flows, and left out when no agent takes chats. " +
				"Of a contact in no queue `InvalidRequestException` (guessed).",
		},
		{
			name: "GetContactAttributes", model: connectmodel.GetContactAttributes(), run: bind(s.getAttributes), source: fidelity.Documentation,
		},
		{
			name: "UpdateContactAttributes", model: connectmodel.UpdateContactAttributes(), run: bind(s.updateAttributes),
			source: fidelity.Documentation, note: "An empty value removes the attribute. Ended contacts can be changed too.",
		},
	}
}

// participantActions are about who takes part in a contact, and what leaves it as it happens.
func (s *Service) participantActions() []*action {
	return []*action{
		{
			name: "CreateParticipant", model: connectmodel.CreateParticipant(), run: bind(s.createParticipant), source: fidelity.Documentation,
			note: "`CUSTOM_BOT` only, as documented for chats: it joins a customer who is alone, else `ConflictException` names who is there (the built-in partner leaves by itself). A repeated `ClientToken` is remembered until a restart (guessed).",
		},
		{
			name: "UpdateParticipantRoleConfig", model: connectmodel.UpdateParticipantRoleConfig(), run: bind(s.updateTimers),
			source: fidelity.Documentation, note: "New values take effect at once; AWS waits for the next agent to join. With several agents the timers of the one who joined last run (guessed).",
		},
		{
			name: "UpdateParticipantAuthentication", model: connectmodel.UpdateParticipantAuthentication(), run: bind(s.updateAuthentication), source: fidelity.Documentation,
			note: "`State` and `Code` are those of Parley's own sign-in page. An expired code ends in `authentication.expired`, `Error` in `authentication.failed` (guessed). " +
				"A `State` serves once (guessed: `InvalidRequestException` afterwards).",
		},
		{
			name: "StartContactStreaming", model: connectmodel.StartContactStreaming(), run: bind(s.startStreaming), source: fidelity.Documentation,
			note: "Standard Amazon SNS topics only, at most two. Items go to the HTTP address configured for the topic (`--stream-target`), " +
				"in the form Amazon SNS posts them (unsigned), or else to the log, which warns once of a topic without an address.",
		},
		{
			name: "StartContactMediaProcessing", model: connectmodel.StartContactMediaProcessing(), run: bind(s.startProcessing), source: fidelity.Documentation,
			note: "The function is one of `functions` (docs/functions.md), whatever is associated. Without an entry messages pass as they are, with a warning; when strict " +
				"`ResourceNotFoundException`. All four members are required, and a second call replaces the first (guessed).",
		},
		{
			name: "StopContactMediaProcessing", model: connectmodel.StopContactMediaProcessing(), run: bind(s.stopProcessing), source: fidelity.Documentation,
			note: "What was accepted before is still processed. A contact without a function answers 200 (guessed).",
		},
		{
			name: "StopContactStreaming", model: connectmodel.StopContactStreaming(), run: bind(s.stopStreaming), source: fidelity.Documentation,
		},
	}
}

// paging are the members of the query of a list.
func paging() []parameter { return []parameter{{"nextToken", oneText}, {"maxResults", oneNumber}} }

// instanceActions are about the one instance, and what it takes as attachments.
func (s *Service) instanceActions() []*action {
	paging := paging()
	return []*action{
		{
			name: "ListInstances", query: paging, model: connectmodel.ListInstances(), run: bind(s.listInstances), source: fidelity.Model,
			note: "There is one instance.",
		},
		{
			name: "DescribeInstance", model: connectmodel.DescribeInstance(), run: bind(s.describeInstance), source: fidelity.Model,
			note: "Any id is answered, unless strict.",
		},
		{
			name: "ListApprovedOrigins", query: paging, model: connectmodel.ListApprovedOrigins(), run: bind(s.listOrigins), source: fidelity.Model,
		},
		{
			name: "DescribeAttachedFilesConfiguration", model: connectmodel.DescribeAttachedFilesConfiguration(), run: bind(s.describeFiles),
			source: fidelity.Documentation, note: "Where nothing was changed, what `--attachment-bytes` and `--attachment-types` say; of all scopes (guessed).",
		},
		{
			name: "ListAttachedFilesConfigurations", query: paging, model: connectmodel.ListAttachedFilesConfigurations(), run: bind(s.listFiles),
			source: fidelity.Documentation,
		},
		{
			name: "UpdateAttachedFilesConfiguration", model: connectmodel.UpdateAttachedFilesConfiguration(), run: bind(s.updateFiles),
			source: fidelity.Documentation, note: "Kept in the data directory, for each instance id. The scope `CHAT` has an effect at once, on chats that are active too; the others are kept only.",
		},
	}
}

// Fidelity describes what the embedded Amazon Connect API does, and where it comes from.
func Fidelity() []fidelity.Entry {
	const actions, behaviour = "Amazon Connect API: actions", "Amazon Connect API: behaviour"
	var entries []fidelity.Entry
	for _, a := range new(Service).registry() {
		entries = append(entries, fidelity.Entry{Area: actions, Name: a.name, Source: a.source, Note: a.note})
	}
	for _, b := range []fidelity.Entry{
		{Name: "Any other operation", Source: fidelity.Guessed, Note: "501 `NotImplemented` with the operation's name, which no SDK retries."},
		{Name: "Unknown path", Source: fidelity.Guessed, Note: "404 `UnknownOperationException`."},
		{Name: "Which 400 for what", Source: fidelity.Guessed, Note: "Wrong JSON type `SerializationException`, missing member or rule between " +
			"members `InvalidRequestException`, value out of bounds `InvalidParameterException`, in this order."},
		{Name: "Error bodies", Source: fidelity.Observed, Note: "Both `Message` and `message`, beside `x-amzn-ErrorType`."},
		{Name: "Ids of instances and flows", Source: fidelity.Guessed, Note: "Any id or ARN will do, but the ARN of something else is `InvalidRequestException`; " +
			"unknown ones are `ResourceNotFoundException` when strict."},
		{Name: "Signatures", Source: fidelity.Guessed, Note: "Accepted unseen: any credentials will do."},
		{Name: "Rates", Source: fidelity.Documentation, Note: "When strict: token buckets with the documented defaults, " +
			"`TooManyRequestsException` for StartChatContact and `ThrottlingException` for all others."},
		{Name: "Active chats", Source: fidelity.Documentation, Note: "When strict: 500, then `LimitExceededException`."},
		{Name: "Unknown members in answers", Source: fidelity.Guessed, Note: "When strict: now and then, from the seed."},
	} {
		b.Area = behaviour
		entries = append(entries, b)
	}
	return entries
}
