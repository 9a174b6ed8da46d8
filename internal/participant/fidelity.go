package participant

import "github.com/parley-chat/parley/internal/fidelity"

// Fidelity describes what the Participant Service and its socket do, and where it comes from.
func Fidelity() []fidelity.Entry {
	const (
		actions  = "Participant Service: actions"
		protocol = "Participant Service: behaviour"
		socket   = "Chat WebSocket"
	)
	return append([]fidelity.Entry{
		{Area: actions, Name: createConnectionName, Source: fidelity.Documentation, Note: "`WEBRTC_CONNECTION` is refused: it is for voice."},
		{Area: actions, Name: "SendMessage", Source: fidelity.Documentation, Note: "16,384 bytes for every content type, the newest of AWS's figures. " +
			"Interactive messages that would break a client are refused, by the desk as well; the fault `passBroken` lets them through."},
		{Area: actions, Name: "SendEvent", Source: fidelity.Documentation, Note: "Receipts count up to the message they name (observed in chatjs)."},
		{Area: actions, Name: "GetTranscript", Source: fidelity.Documentation, Note: "`FORWARD` without a `StartPosition` is refused (observed, chatjs issue 19). `MaxResults` 0 means 10 (guessed). " +
			"Without `ContactId` it reads the whole chat, whatever contacts it has gone through; with the id of one of them, that one (guessed)."},
		{Area: actions, Name: "DisconnectParticipant", Source: fidelity.Documentation, Note: "A repeat within a minute is answered like the first (guessed)."},
		{Area: actions, Name: "StartAttachmentUpload", Source: fidelity.Documentation, Note: "The eight `HeadersToInclude` of a recorded answer (chatjs issue 188); " +
			"three more for encryption with `--encrypted-attachments` (observed in the iOS SDK)."},
		{Area: actions, Name: "CompleteAttachmentUpload", Source: fidelity.Documentation, Note: "Approved at once, unless there is a scanner."},
		{Area: actions, Name: "GetAttachment", Source: fidelity.Documentation, Note: "The address works for 300 seconds unless asked otherwise (guessed)."},
		{Area: actions, Name: "DescribeView", Source: fidelity.Model, Note: "Views come from files, or were created by CreateView; of any other one, the actions are those that contact flows have conditions for."},
		{Area: actions, Name: "GetAuthenticationUrl", Source: fidelity.Documentation, Note: "Parley's own page, `/oauth2/authorize`, stands in for that of Amazon Cognito: whoever types a name is that person. " +
			"It goes on to the `RedirectUri` with `code` and `state`, or `error`, for UpdateParticipantAuthentication. The address must be a page's or an app's; AWS takes `http` for localhost alone."},
		{Area: actions, Name: "CancelParticipantAuthentication", Source: fidelity.Documentation},

		{Area: protocol, Name: "Signatures", Source: fidelity.Documentation, Note: "Not used by these actions; what SDKs send is ignored."},
		{Area: protocol, Name: "Uploads", Source: fidelity.Observed, Note: "A PUT that leaves out or changes one of the `x-amz-` headers is 403 `SignatureDoesNotMatch` in " +
			"Amazon S3's XML, as for an address that was altered; any `Content-Type` will do."},
		{Area: protocol, Name: "Tokens", Source: fidelity.Guessed, Note: "Opaque. They begin as AWS's do; nothing else about them is alike."},
		{Area: protocol, Name: "Error bodies", Source: fidelity.Observed, Note: "Both `Message` and `message`, beside `x-amzn-ErrorType`."},
		{Area: protocol, Name: "Interactive responses", Source: fidelity.Observed, Note: "When strict, a customer's needs `version` \"1.0\" and an `action` of 1 to 200 characters, " +
			"else `InvalidRequestException`: in SendMessage, as the first message of a start and through SendChatIntegrationEvent. One source only, which AWS's documentation does not confirm."},
		{Area: protocol, Name: "Rates", Source: fidelity.Documentation, Note: "When strict, with the documented defaults. Reconnects are exempt: " +
			"chatjs gives up for good when one is throttled."},
		{Area: protocol, Name: "Unknown path or method", Source: fidelity.Guessed, Note: "404 `UnknownOperationException`, as in Amazon Connect's API; the addresses of sockets and files answer another method with 405."},
		{Area: protocol, Name: "Short lives", Source: fidelity.Guessed, Note: "When strict: 5 minutes for connection tokens, 10 for sockets, 1 for upload addresses."},

		{Area: socket, Name: "Frames: subscribe, heartbeat, ping, chat", Source: fidelity.Observed, Note: "AWS documents subscribe and the chat topic only."},
		{Area: socket, Name: "Address opens for 100 seconds", Source: fidelity.Documentation, Note: "More than once in that time (guessed)."},
		{Area: socket, Name: "Connection lasts an hour", Source: fidelity.Guessed, Note: "chatjs renews it after 59 minutes."},
		{Area: socket, Name: "Five sockets a participant", Source: fidelity.Documentation, Note: "A sixth is refused, after a pause (guessed)."},
		{Area: socket, Name: "Refusals are held back", Source: fidelity.Observed, Note: "Clients come back at once, without end."},
		{Area: socket, Name: "Contacts of one chat", Source: fidelity.Documentation, Note: "A transfer by an agent (`TRANSFER`), a move from queue to queue by a flow (`QUEUE_TRANSFER`) and " +
			"the disconnect flow (`DISCONNECT`) go on in a new contact: items carry its `ContactId` and the first one's `InitialContactId`; tokens and sockets stay. " +
			"Every action takes the id of any of them; attributes are those of the chat, and StopContact ends the chat (guessed)."},
		{Area: socket, Name: "Whispers", Source: fidelity.Documentation, Note: "Agent whisper and customer whisper flows run, one after the other, only when a hook was set. What they say is shown to one side's sockets " +
			"alone and is not in the transcript. Two minutes at most; an agent who leaves during the agent whisper leaves the customer in the queue, whose flow begins anew (guessed). Messages are not held back meanwhile."},
		{Area: socket, Name: "The customer ends a chat that was started with DisconnectOnCustomerExit", Source: fidelity.Documentation, Note: "The agents leave and the disconnect flow runs on a new contact; the old one ends with " +
			"`CUSTOMER_DISCONNECT`. Token and socket stay until `chat.ended`, as chatjs 4 and newer expects (observed); nothing says that the customer has left before that, " +
			"a second DisconnectParticipant ends the chat, and so do 15 minutes in which a survey without a time limit waits (guessed). Without an agent or a disconnect flow the chat ends at once (guessed), and the log says why."},
		{Area: socket, Name: "Missed items are shown to the next socket", Source: fidelity.Guessed, Note: "AWS leaves them to GetTranscript, which the widget does not call."},
		{Area: socket, Name: "Slow readers are cut off", Source: fidelity.Guessed},
		{Area: socket, Name: "Answers in pieces", Source: fidelity.Observed, Note: "As chatjs 5 puts them together: role `SYSTEM`, one id and time, " +
			"`ChunkNumber` from 1, and a whole without one. Said by the bots and AI agents of contact flows, scripts, the built-in partner and the desk when the start asked for them. " +
			"GetTranscript shows nothing of a message before it is complete, and then says `MessageCompleted`; streams get the whole only (guessed)."},
		{Area: socket, Name: "Messages that are processed", Source: fidelity.Documentation, Note: "Redaction first, then the function (documented). SendMessage answers `PROCESSING` at once, and the echo, with the same `Id` and " +
			"`AbsoluteTime` and the processed text, comes after the answer. A message that was `REJECTED`, or that is `FAILED` and not to be delivered, is shown to its sender alone, as it was said; so is one that waits, in the sender's " +
			"GetTranscript. One queue for each chat: all its messages stay in order, at most 100 wait, then `ThrottlingException`. Prompts of flows pass, too, and a chat that its flow ends ends after them; any other end is a failure of what waits. " +
			"No retries; the original is kept beside the processed text for the console (all guessed). Messages in pieces come whole."},
		{Area: socket, Name: "In-flight redaction", Source: fidelity.Guessed, Note: "Kinds that have a form, by patterns and check digits, in place of AWS's language model: `[EMAIL]` or `[PII]`, as the flow says. Names, addresses and other kinds without a form are not found, and the log says so. " +
			"A JSON text that would be none any more has failed."},
		{Area: socket, Name: "Echo before or after the answer, doubled frames, swapped pieces, unknown members", Source: fidelity.Guessed, Note: "When strict, from the seed."},
	}, ofChats()...)
}

// ofChats describes the rules of chats.
func ofChats() []fidelity.Entry {
	const chats = "Chats"
	return []fidelity.Entry{
		{Area: chats, Name: "A customer connects within 5 minutes", Source: fidelity.Documentation},
		{Area: chats, Name: "The customer's own `participant.joined`", Source: fidelity.Observed, Note: "Once, when the customer first connects " +
			"(a transcript recorded in April 2026); an `InitialMessage` stands before it (guessed)."},
		{Area: chats, Name: "A custom bot connects within 15 seconds", Source: fidelity.Documentation, Note: "Later it has left the chat (guessed)."},
		{Area: chats, Name: "`authentication.expired`", Source: fidelity.Guessed, Note: "When nobody has begun the sign-in within a minute, after " +
			"which its address cannot be asked for (documented), or when the code of the sign-in page is used after 5 minutes; a flow goes on waiting until its own time limit."},
		{Area: chats, Name: "`participant.displayname.updated`", Source: fidelity.Observed, Note: "When a sign-in or a profile gives the customer a " +
			"name; later items carry it, stored ones keep theirs (guessed)."},
		{Area: chats, Name: "Flows of transfers", Source: fidelity.Documentation, Note: "An agent's transfer to a queue runs the QUEUE_TRANSFER flow, one to an agent the AGENT_TRANSFER flow, " +
			"that `transfers` of `parley.yaml` names or that is the only one of its type, on the new contact, without any agent. The contact's queue is the chosen one (guessed); `transfer.succeeded` comes before the flow speaks (guessed). " +
			"Without such a flow the contact goes to its target at once, where AWS has default flows for it."},
		{Area: chats, Name: "`participant.invited`", Source: fidelity.Documentation, Note: "When an agent asks another one to join, at the desk or by a script. " +
			"It names who is asked, with the id that `participant.joined` has then (guessed). Five agents at most; one who transfers the chat takes all of them along."},
		{Area: chats, Name: "`transfer.failed`", Source: fidelity.Documentation, Note: "When an agent's transfer fails: its target is unknown, full, " +
			"away or offline, or has rejected the contact, or the fault `failTransfer` is in force. The agent keeps the contact (guessed)."},
		{Area: chats, Name: "Duration, 25 hours unless asked otherwise", Source: fidelity.Documentation},
		{Area: chats, Name: "Idle and disconnect timers", Source: fidelity.Documentation},
		{Area: chats, Name: "Times of items strictly increase", Source: fidelity.Guessed, Note: "By at least a millisecond, so that clients which sort by time keep the order. " +
			"All of a message in pieces has the time of the first piece."},
		{Area: chats, Name: "A repeated client token of a message", Source: fidelity.Guessed, Note: "Answered like the first, among the last 128 messages; a function that processes messages is not called again."},
		{
			Area: chats, Name: "35 attachments of at most 20 MB and 18 types", Source: fidelity.Documentation,
			Note: "Size and types as `--attachment-bytes`, `--attachment-types` or UpdateAttachedFilesConfiguration say.",
		},
		{Area: chats, Name: "100 past contacts of a persistent chat", Source: fidelity.Documentation},
	}
}
