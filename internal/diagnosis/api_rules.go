package diagnosis

import "net/http"

// Rules of the console's JSON API.
const (
	AdminTokenRequired ID = "admin-token-required"
	BadCall            ID = "bad-call"
	NothingSuch        ID = "nothing-such"
	WrongState         ID = "wrong-state"
	AlreadyAccepted    ID = "already-accepted"
	NotEmbedded        ID = "not-embedded"
)

const apiGroup = "The console and its API"

func apiRules() []Rule {
	return []Rule{
		{
			ID: AdminTokenRequired, Group: apiGroup, Title: "The call changes something and brings no admin token",
			Status: http.StatusForbidden, Code: "AdminTokenRequired",
			Sentence: "Calls of the API that change something need the admin token, unless a page of this server makes them.",
			Remedy:   "Send Authorization: Bearer and the admin token that was printed when the server started, or set PARLEY_ADMIN_TOKEN for the parley commands.",
			Detail: "Pages of other origins, even on this machine, must not end chats or switch faults on. The console's own pages " +
				"need no token; scripts send it. `--admin-token` sets one that does not change with each start.",
		},
		{
			ID: BadCall, Group: apiGroup, Title: "The call of the API is not as it should be",
			Status: http.StatusBadRequest, Code: "BadRequest",
			Sentence: "The call is not as the API describes it.",
			Remedy:   "Compare it with docs/api.md.",
			Detail:   "The sentence names the member at fault.",
		},
		{
			ID: NothingSuch, Group: apiGroup, Title: "What the call is about does not exist",
			Status: http.StatusNotFound, Code: "NotFound",
			Sentence: "There is no such contact, agent, exchange, attachment or rule.",
			Remedy:   "List what there is with a GET of the address before the id.",
			Detail:   "Ended chats are kept as long as `--keep` says, exchanges until 10,000 newer ones have come.",
		},
		{
			ID: WrongState, Group: apiGroup, Title: "It is not the time for that",
			Status: http.StatusConflict, Code: "Conflict",
			Sentence: "The state of the chat does not allow this.",
			Remedy:   "Fetch the contact again: it may have ended, or somebody else may have it now.",
			Detail:   "A chat that has ended takes no messages; one that nobody waits for any more cannot be accepted.",
		},
		{
			ID: AlreadyAccepted, Group: apiGroup, Title: "Another agent was faster",
			Status: http.StatusConflict, Code: "AlreadyAccepted",
			Sentence: "Another agent has accepted this chat.",
			Remedy:   "Accept another one, or join this one as a supervisor.",
			Detail:   "Of two agents who accept a waiting chat at the same moment one gets it.",
		},
		{
			ID: NotEmbedded, Group: apiGroup, Title: "Only the embedded Amazon Connect can do that",
			Status: http.StatusNotImplemented, Code: "NotEmbedded",
			Sentence: "This server calls AWS, so it has no chats, agents or clock of its own.",
			Remedy:   "Start the server without --upstream aws.",
			Detail:   "With AWS as the upstream the console shows the exchanges that passed this server.",
		},
	}
}
