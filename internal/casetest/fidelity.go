package casetest

import "github.com/parley-chat/parley/internal/fidelity"

// Fidelity describes how test cases come out here, and where that comes from.
func Fidelity() []fidelity.Entry {
	const area = "Test cases: the Testing language"
	entries := []fidelity.Entry{
		{Name: "Version, Usage, NextAction, MatchingCriteria, Utterance, Exists", Source: fidelity.Observed, Note: "Forms that older pages have and the service refuses run here; `parley flow check` says `refused`, and publishing through the API refuses them."},
		{Name: "Similarity", Source: fidelity.Guessed, Note: "Words and letters in common, from 0.65 on; a denial in one text alone is never similar. The service publishes neither its way nor its threshold."},
		{Name: "Inclusion", Source: fidelity.Documentation, Note: "With its letter case (guessed)."},
		{Name: "MatchingCriteria that is missing", Source: fidelity.Guessed, Note: "Similarity."},
		{Name: "Messages in a row", Source: fidelity.Guessed, Note: "Each is an event of its own."},
		{Name: "Interactive messages and views", Source: fidelity.Guessed, Note: "The text is the title, else the JSON. The language cannot answer a view: it times out."},
		{Name: "PromptId, Media", Source: fidelity.Guessed, Note: "Never met: a chat has no recorded prompts."},
		{Name: "An event that several observations wait for", Source: fidelity.Guessed, Note: "The first active one in the order of the document gets it. Events are not replayed."},
		{Name: "FlowActionCompleted", Source: fidelity.Guessed, Note: "The name and the members of the console's *Action completed*. A function, a bot or an application has succeeded."},
		{Name: "DequeueContactAndTransferToQueue", Source: fidelity.Guessed, Note: "Can be observed and overridden, as `DequeueAndTransferToQueue` too."},
		{Name: "Usage", Source: fidelity.Guessed, Note: "`Exactly` and `AtLeast` must be met, `AtMost` and `Always` need not be."},
		{Name: "Overrides", Source: fidelity.Documentation, Note: "Each counts once, first in, first out; then `parley.yaml` answers. Set by the observation of an action, it counts for that action. The flow and the records keep the resource that was named (observed)."},
		{Name: "LoadedData of a bot", Source: fidelity.Guessed, Note: "`IntentName`, `Slots`, `SessionAttributes`, or `sessionState` of Lex V2; nothing is said, and nobody is asked."},
		{Name: "MockResponse of hours of operation", Source: fidelity.Observed, Note: "Documented, and refused by the service; it runs here."},
		{Name: "Initial data", Source: fidelity.Observed, Note: "Of the two members `Attributes` and `SegmentAttributes`; anything else is read back empty."},
		{Name: "EndTest before everything was observed", Source: fidelity.Guessed, Note: "What was not is failed; `--allow-pending` lets it be."},
		{Name: "Five minutes", Source: fidelity.Documentation, Note: "Of virtual time. A contact that is parked with everything observed has passed, with the type `TIMEOUT` (observed)."},
		{Name: "What the customer says while the flow does not listen", Source: fidelity.Guessed, Note: "Stands in the transcript, as in any chat; the report notes it. One text for each time the flow waits."},
		{Name: "Display name and initial message", Source: fidelity.Guessed, Note: "`Customer`, and none."},
	}
	for i := range entries {
		entries[i].Area = area
	}
	return entries
}
