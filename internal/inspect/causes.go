package inspect

import "slices"

// causes are what usually goes wrong between a chat client and the Participant Service. The
// first ones are all answered AccessDeniedException, without a reason, by AWS and here.
//
// Source: https://docs.aws.amazon.com/connect-participant/latest/APIReference/API_Operations.html
// and how the clients in use behave.
func causes() []Problem {
	return slices.Concat(denials(), socketEnds(), []Problem{
		{
			Rule: "request-invalid", Sentence: "The request is not what the action takes.",
			Hint: "Compare the members with the action's documentation; names are case-sensitive.",
		},
		{
			Rule: "not-found", Sentence: "What the request names does not exist.",
			Hint: "Ids belong to one server: after a start with another data directory, or with --ephemeral, those of before are gone.",
		},
		{
			Rule: "conflict", Sentence: "The state of the chat does not allow this now.",
			Hint: "Fetch the contact to see who is in it and whether it has ended.",
		},
		{
			Rule: "attachment-completed", Sentence: "The attachment was completed already.",
			Hint: "An attachment is uploaded and completed once, and completed only after its bytes have arrived.",
		},
		{
			Rule: "bot-not-alone", Sentence: "A custom bot joins only while the customer is alone.",
			Hint: "They have to leave first. Agents with a script take every chat that waits; the built-in partner leaves by itself.",
		},
		{
			Rule: "receipts-of-many", Sentence: "Receipts are only for chats of two: with a third participant AWS refuses them.",
			Hint: "Clients may ignore this answer.",
		},
		{
			Rule: "throttled", Sentence: "Too many calls in too short a time.",
			Hint: "Wait as long as Retry-After says. A client that calls CreateParticipantConnection without pause usually cannot open its socket.",
		},
		{
			Rule: "quota-reached", Sentence: "A quota is reached.",
			Hint: "docs/fidelity.md lists the limits; those of a real instance are under Service Quotas.",
		},
		{
			Rule: "shutting-down", Sentence: "The server is shutting down.",
			Hint: "Desktop versions of chatjs give up at the first refused reconnect: reload the page.",
		},
		{
			Rule: "internal-error", Sentence: "The server failed.",
			Hint: "Its log has the cause, by the request id.",
		},
		{
			Rule: "body-too-large", Sentence: "The request's body is longer than the answer says it may be.",
			Hint: "Messages have at most 16,384 characters; files are sent as attachments.",
		},
		{
			Rule: "body-missing", Sentence: "The request's body did not arrive in full.",
			Hint: "The client went away, or the network between is slow.",
		},
		{
			Rule: "upgrade-missing", Sentence: "The address is for a WebSocket, and the request asks for none.",
			Hint: "Open it with a WebSocket client; a proxy in between has to pass on the headers Upgrade and Connection.",
		},
		{
			Rule: "unknown-operation", Sentence: "There is no operation with this method at this path.",
			Hint: "Point the client's endpoint at the server's root, without a path: clients add theirs. Calls of the Participant Service are POST, but for DescribeView.",
		},
		{
			Rule: "not-emulated", Sentence: "This operation is not emulated.",
			Hint: "docs/fidelity.md lists what is.",
		},
		{
			Rule: "preflight-refused", Sentence: "The browser asked whether a page of this origin may call, and was not told yes: it does not send the call.",
			Hint: "Allow the origin with --allow-origin, written as in the Origin header.",
		},
		{
			Rule: "connection-cut", Sentence: "The request was not answered: its connection was cut.",
			Hint: "The server's log says whether it failed.",
		},
		{
			Rule: "client-token-reused", Sentence: "Another request had this ClientToken before: this one was answered like that, and did nothing.",
			Hint: "Use a new ClientToken for each request, and the same one only to repeat it.",
		},
	})
}

// denials are the causes of AccessDeniedException.
func denials() []Problem {
	return []Problem{
		{
			Rule: "token-missing", Sentence: "The request has no token.",
			Hint: "Send the header X-Amz-Bearer: the participant token for CreateParticipantConnection, the connection token for all others.",
		},
		{
			Rule: "token-unknown", Sentence: "The token is none of this server's, or was changed on the way.",
			Hint: "Start a new chat. Tokens kept by a page from another server, or of a server with --ephemeral that was restarted, do not work.",
		},
		{
			Rule: "token-of-participant", Sentence: "The token is a participant token; this action takes a connection token.",
			Hint: "Call CreateParticipantConnection with the participant token, and use ConnectionCredentials.ConnectionToken of its answer.",
		},
		{
			Rule: "token-of-connection", Sentence: "The token is a connection token; this action takes a participant token.",
			Hint: "Use the ParticipantToken that StartChatContact answered.",
		},
		{
			Rule: "token-expired", Sentence: "The token has expired.",
			Hint: "Call CreateParticipantConnection again with the participant token, before the Expiry of the connection.",
		},
		{
			Rule: "chat-ended", Sentence: "The chat has ended, and its tokens with it.",
			Hint: "This is how every chat's client ends; start a new chat to go on, as a persistent chat to keep the conversation.",
		},
		{
			Rule: "participant-left", Sentence: "The participant is no longer in the chat.",
			Hint: "Who has disconnected cannot come back with the same token.",
		},
		{
			Rule: "origin-not-approved", Sentence: "The page's origin is not among the approved origins of the instance.",
			Hint: "Add the origin, written as in the Origin header, without a path.",
		},
		{
			Rule: "attachment-address-expired", Sentence: "The address of the attachment has expired.",
			Hint: "Ask for a new one: StartAttachmentUpload for sending, GetAttachment for fetching.",
		},
		{
			Rule: "attachment-address-altered", Sentence: "The address of the attachment is not one that was given out for this.",
			Hint: "Use the address as it is, with its query, and with the method it is for: PUT to send, GET to fetch.",
		},
		{
			Rule: "attachment-headers", Sentence: "The upload's x-amz- headers are not those that were given out with its address.",
			Hint: "Send every header of UploadMetadata.HeadersToInclude with the PUT, as it is; behind nginx, switch underscores_in_headers on.",
		},
		{
			Rule: "attachment-not-approved", Sentence: "The attachment is not approved.",
			Hint: "Attachments can be fetched once they are scanned; the transcript says what became of it.",
		},
		{
			Rule: "not-allowed", Sentence: "Access is denied.",
			Hint: "Check that the token belongs to this chat and participant, and that the chat is active.",
		},
		{
			Rule: "subscribe-missing", Sentence: "The socket was closed without having subscribed: nothing could be delivered on it.",
			Hint: `Send {"topic":"aws/subscribe","content":{"topics":["aws/chat"]}} once the socket is open.`,
		},
		{
			Rule: "subscribe-failed", Sentence: "The subscription was refused.",
			Hint: `The topics have to hold "aws/chat", and the chat must not have ended.`,
		},
	}
}

// socketEnds are the causes of what ends sockets.
func socketEnds() []Problem {
	return []Problem{
		{
			Rule: "socket-too-slow", Sentence: "The client did not read what it was sent, and was cut off.",
			Hint: "A debugger that holds the page does that, too; the client catches up when it comes back.",
		},
		{
			Rule: "frame-too-long", Sentence: "The client sent a frame of more than 128 KiB.",
			Hint: "Messages are sent with SendMessage; on the socket a client only subscribes and sends heartbeats.",
		},
		{
			Rule: "frame-binary", Sentence: "The client sent a binary frame.",
			Hint: "Frames are text.",
		},
		{
			Rule: "frame-malformed", Sentence: "The client sent what is no frame, or no UTF-8.",
			Hint: "Something between the client and the server may not understand WebSockets.",
		},
	}
}
