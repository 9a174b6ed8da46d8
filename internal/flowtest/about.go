package flowtest

import (
	"cmp"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/hours"
)

// About are the names of the resource that a question is about: the one that the designer shows, the one
// that the flow has, and the one that the configuration calls it by. A transfer is about the queue that the
// contact has, and hours that are not named are those of that queue. There are none for a question about
// no resource, and no empty ones.
func About(library *flowrun.Library, book *hours.Book, queue *flow.Queue, ask *flow.Ask) []string {
	var names []string
	ref := reference(ask)
	switch {
	case queue == nil:
	case ask.Type == "TransferContactToQueue":
		if ref = queue.ARN; queue.Name != "" {
			names = append(names, queue.Name)
		}
	case ask.Type == "CheckHoursOfOperation" && ref == "" && ask.Shown == "" && book != nil:
		ref = book.OfQueue(queue.Name)
	}
	if ask.Shown != "" {
		names = append(names, ask.Shown)
	}
	if ref != "" {
		names = append(names, ref, library.Queue(ref, ask.Shown))
	}
	return names
}

// reference is what a flow names with a question; empty for nothing.
func reference(ask *flow.Ask) string {
	text := func(name string) string { return flow.Text(ask.Parameters[name]) }
	member := func(of, name string) string {
		object, _ := ask.Parameters[of].(map[string]any)
		return flow.Text(object[name])
	}
	switch ask.Type {
	case "InvokeLambdaFunction":
		return text("LambdaFunctionARN")
	case "CheckHoursOfOperation":
		return text("HoursOfOperationId")
	case "DequeueContactAndTransferToQueue":
		return cmp.Or(text("QueueId"), text("AgentId"))
	case "ConnectParticipantWithLexBot":
		return cmp.Or(member("LexV2Bot", "AliasArn"), member("LexBot", "Name"))
	case "ConnectParticipantWithAgenticCX":
		return member("AgentConfiguration", "ApplicationId")
	}
	return ""
}
