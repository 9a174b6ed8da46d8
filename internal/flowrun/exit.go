package flowrun

import (
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// surveyLimit is how long a survey waits for a customer who has left when its flow does not say: apps
// close their socket, and nothing tells whether anybody is there.
const surveyLimit = 15 * time.Minute

// surveyEnds is when a survey without a limit of its own is over if nothing more is heard.
func surveyEnds(step *chat.Step) time.Time {
	return later(step, surveyLimit)
}

// exits begins the disconnect flow of a chat whose customer leaves an agent, if the chat was started
// so: the agents leave, and the customer stays with the flow. It reports whether it did.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/enable-post-chat-survey.html
func (r *Runner) exits(step *chat.Step) (bool, error) {
	contact := step.Contact()
	rec := &record{}
	if contact.Flow != nil {
		var err error
		if rec, err = decode(contact.Flow.State); err != nil {
			return false, err
		}
	}
	p, hooked := r.cfg.Library.Find(rec.State.Kept.Hooks["CustomerRemaining"], "")
	attended := agentOf(contact) != ""
	switch {
	case rec.Survey: // the customer has had enough of it
	case !contact.DismissOnExit && hooked && attended:
		r.tell(step, `the customer ended the chat, so its disconnect flow did not run: for a survey then, too, start the chat with "DisconnectOnCustomerExit": ["AGENT"]`)
	case !contact.DismissOnExit:
	case !attended:
		r.tell(step, "the customer ended the chat when no agent was in it: DisconnectOnCustomerExit has no effect then")
	case !hooked:
		r.tell(step, "the customer ended the chat, and no disconnect flow is set that DisconnectOnCustomerExit could run: UpdateContactEventHooks sets it as CustomerRemaining")
	case rec.Moment.whispers():
	default:
		step.Dismiss()
		return true, r.disconnect(step, rec, p, chat.CustomerDisconnect)
	}
	return false, nil
}
