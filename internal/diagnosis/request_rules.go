package diagnosis

import (
	"net/http"
	"slices"
)

// Rules about what a page sent.
const (
	BadJSON            ID = "bad-json"
	HalfCharacter      ID = "half-character"
	NotAnObject        ID = "not-an-object"
	BodyTooLarge       ID = "body-too-large"
	BodyTimeout        ID = "body-timeout"
	WrongType          ID = "wrong-type"
	MissingMember      ID = "missing-member"
	BadValue           ID = "bad-value"
	UnknownMember      ID = "unknown-member"
	DisplayNameLength  ID = "display-name-length"
	AttributesTooLarge ID = "attributes-too-large"
	BadAttributeKey    ID = "bad-attribute-key"
	TextPlainMissing   ID = "text-plain-missing"
	ConflictingMembers ID = "conflicting-members"
	SwappedIDs         ID = "swapped-ids"
	WrongRegion        ID = "wrong-region"
)

const requestGroup = "What the page sent"

const badRequest = "InvalidRequestException"

// requestRules are about the body of a start request.
func requestRules() []Rule { return slices.Concat(bodyRules(), memberRules(), limitRules()) }

// bodyRules are about a body that could not be read as a request at all.
func bodyRules() []Rule {
	return []Rule{
		{
			ID: BadJSON, Group: requestGroup, Title: "The body is not valid JSON",
			Status: http.StatusBadRequest, Code: badRequest,
			Sentence: "The request body is not valid JSON.",
			Remedy:   "Send JSON.stringify({ContactFlowId, InstanceId, …}) as the body, encoded as UTF-8.",
			Detail: "The front door reads the body as JSON whatever its `Content-Type` says, because widgets post " +
				"`text/plain`. Comments, trailing commas, single quotes, the same member twice and bytes that are not " +
				"UTF-8 are refused rather than guessed at. The answer names the position of the first mistake.",
		},
		{
			ID: HalfCharacter, Group: requestGroup, Title: "A text was cut inside a character",
			Status: http.StatusBadRequest, Code: badRequest,
			Sentence: "A text in the request holds half a character, a lone surrogate.",
			Remedy: "Cut texts between characters: Array.from(name).slice(0, 256).join(\"\"), not name.slice(0, 256). " +
				"name.toWellFormed() repairs a text that was cut already.",
			Detail: "JavaScript counts texts in UTF-16 units. An emoji, and every other character beyond U+FFFF, has two of them, a " +
				"surrogate pair, and `slice`, `substring` and single indexes can cut between the two. `JSON.stringify` writes the " +
				"half that is left as an escape such as `\\ud83d`. It is no character, UTF-8 has no form for it, and so it cannot be " +
				"passed on to Amazon Connect.",
		},
		{
			ID: NotAnObject, Group: requestGroup, Title: "The body is not a JSON object",
			Status: http.StatusBadRequest, Code: badRequest,
			Sentence: "The request body must be a JSON object.",
			Remedy:   "Wrap the members in braces: {\"ContactFlowId\": \"…\", \"InstanceId\": \"…\"}.",
			Detail: "StartChatContact takes one object. An array, a string, a number or `null` is refused. An empty body " +
				"counts as `{}`, which works when the server is configured with an instance and a contact flow.",
		},
		{
			ID: BodyTooLarge, Group: requestGroup, Title: "The request is too large",
			Status: http.StatusRequestEntityTooLarge, Code: "RequestEntityTooLargeException",
			Sentence: "The request body is larger than 64 KiB.",
			Remedy:   "Send less: Amazon Connect takes at most 32,768 bytes of attributes and 16,384 bytes of initial message.",
			Detail: "No valid StartChatContact request needs more than 64 KiB, so the front door stops reading there. " +
				"A page that puts a document or a whole session into `Attributes` should pass a reference to it instead.",
		},
		{
			ID: BodyTimeout, Group: requestGroup, Title: "The body did not arrive in time",
			Status: http.StatusRequestTimeout, Code: "RequestTimeoutException",
			Sentence: "The request body did not arrive completely in time.",
			Remedy:   "Check that Content-Length matches the body and that the connection is not cut.",
			Detail: "The server waits 10 seconds for a body (files: 15), and no longer than a second or two while less than 1 KiB " +
				"a second comes. A `Content-Length` larger than the body, or a proxy that forwards the headers but not the " +
				"body, ends here.",
		},
	}
}

// memberRules are about a member that is wrong by itself: its type, its name, its absence.
func memberRules() []Rule {
	return []Rule{
		{
			ID: WrongType, Group: requestGroup, Title: "A member has the wrong JSON type",
			Status: http.StatusBadRequest, Code: badRequest,
			Sentence: "A member of the request has the wrong JSON type.",
			Remedy:   "Compare the member named in the answer with the StartChatContact reference.",
			Detail: "Amazon Connect answers such a request with a bare `SerializationException`. The usual cases are " +
				"attribute values that are numbers or booleans (they must be strings: `\"42\"`, `\"true\"`) and " +
				"`SupportedMessagingContentTypes` given as one string. `Attributes` may be a string that holds a JSON " +
				"object, and `ChatDurationInMinutes` a string of digits, because existing clients send them so.",
		},
		{
			ID: MissingMember, Group: requestGroup, Title: "A required member is missing",
			Status: http.StatusBadRequest, Code: badRequest,
			Sentence: "A required member of the request is missing.",
			Remedy:   "Send the member named in the answer, or configure it on the server (--instance-id, --contact-flow-id).",
			Detail: "Amazon Connect needs an `InstanceId` and a `ContactFlowId`. They come from the request or, when the " +
				"request has none, from the server's configuration. Objects inside the request have required members " +
				"of their own, such as `InitialMessage.Content`.",
		},
		{
			ID: BadValue, Group: requestGroup, Title: "A member has a value Amazon Connect does not take",
			Status: http.StatusBadRequest, Code: "InvalidParameterException",
			Sentence: "A member of the request has a value that Amazon Connect does not take.",
			Remedy:   "Change the member named in the answer; the sentence gives the limit.",
			Detail: "Lengths, ranges and enumerations that AWS documents are checked before the call, so that the answer " +
				"can name the member. Where AWS's documents leave room, the value is passed on and AWS decides.",
		},
		{
			ID: UnknownMember, Group: requestGroup, Title: "A member is unknown",
			Status: http.StatusBadRequest, Code: badRequest,
			Sentence: "The request has a member that StartChatContact does not have.",
			Remedy:   "Correct its spelling (names are case-sensitive), or start the server with --unknown-members ignore or forward.",
			Detail: "By default unknown members are left out and named once in the log, which is what AWS does silently. " +
				"With `--unknown-members reject` they are refused; with `forward` they are passed on, for members that " +
				"are newer than this program. Unknown members inside an object are passed on with it, unless they are refused.",
		},
	}
}

// limitRules are about members that are outside of what AWS documents for them.
func limitRules() []Rule {
	return []Rule{
		{
			ID: DisplayNameLength, Group: requestGroup, Title: "The display name is too long",
			Status: http.StatusBadRequest, Code: "InvalidParameterException",
			Sentence: "ParticipantDetails.DisplayName must have 1 to 256 characters.",
			Remedy:   "Shorten the name in the page, for example with name.slice(0, 256).",
			Detail:   "The display name is what the agent sees. Amazon Connect counts characters (Unicode code points), not bytes.",
		},
		{
			ID: AttributesTooLarge, Group: requestGroup, Title: "The contact attributes are too large",
			Status: http.StatusBadRequest, Code: badRequest,
			Sentence: "The contact attributes are larger than 32,768 bytes together.",
			Remedy:   "Send fewer or shorter attributes; pass a reference instead of a document.",
			Detail: "All keys and values of a contact's attributes together must fit in 32,768 bytes of UTF-8. The limit " +
				"holds for the whole life of the contact, so leave room for what the contact flow adds.",
		},
		{
			ID: BadAttributeKey, Group: requestGroup, Title: "An attribute has a key that is not allowed",
			Status: http.StatusBadRequest, Code: badRequest,
			Sentence: "An attribute key may hold only letters, digits, - and _.",
			Remedy:   "Rename the attribute named in the answer, for example order_id instead of order.id.",
			Detail:   "Contact flows refer to attributes as `$.Attributes.key`, which is why dots, spaces and colons are not allowed.",
		},
		{
			ID: TextPlainMissing, Group: requestGroup, Title: "text/plain is missing from the content types",
			Status: http.StatusBadRequest, Code: badRequest,
			Sentence: "SupportedMessagingContentTypes must contain text/plain.",
			Remedy:   "Add \"text/plain\" to the list, beside text/markdown and the interactive types.",
			Detail:   "Every chat must be able to fall back to plain text. Leave the member out to get `[\"text/plain\"]`.",
		},
		{
			ID: ConflictingMembers, Group: requestGroup, Title: "Two members exclude each other",
			Status: http.StatusBadRequest, Code: badRequest,
			Sentence: "PersistentChat and RelatedContactId cannot be used together.",
			Remedy:   "Send PersistentChat to continue an ended chat, or RelatedContactId to link to a contact, not both.",
			Detail:   "Both decide which earlier contact the new one belongs to.",
		},
		{
			ID: SwappedIDs, Group: requestGroup, Title: "The instance id and the contact flow id are swapped",
			Status: http.StatusBadRequest, Code: badRequest,
			Sentence: "InstanceId and ContactFlowId are swapped.",
			Remedy:   "In arn:aws:connect:…:instance/A/contact-flow/B, A is the InstanceId and B the ContactFlowId.",
			Detail: "Both ids are UUIDs, so Amazon Connect only answers that it does not find them. When ARNs are used the " +
				"mistake can be seen before the call; for bare ids, `parley doctor` asks Amazon Connect for both.",
		},
		{
			ID: WrongRegion, Group: requestGroup, Title: "The instance is in another Region",
			Status: http.StatusBadRequest, Code: badRequest,
			Sentence: "The instance is in another Region than the one this server calls.",
			Remedy:   "Start the server with --region and the Region in the instance's ARN.",
			Detail: "An Amazon Connect instance lives in one Region and is found only there. The Region is the fourth part of " +
				"the ARN: `arn:aws:connect:eu-central-1:…`. When bare ids are used the mistake cannot be seen before the " +
				"call; Amazon Connect then answers that it does not find the instance.",
		},
	}
}
