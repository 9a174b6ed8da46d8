package chat

import "github.com/parley-chat/parley/internal/transcript"

// Invite tells everybody that an agent of a name was asked to join, and returns the participant that
// the agent becomes with [Step.Follow]. Until then it takes no part. Errors: [ErrNotFound] once the
// contact has ended.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/multi-party-chat.html
func (step *Step) Invite(displayName string) (Participant, error) {
	if step.over {
		return Participant{}, ErrNotFound
	}
	asked := Participant{ID: newID(), DisplayName: displayName, Role: transcript.Agent}
	step.add(by(asked, transcript.EventItem, transcript.ParticipantInvited), true)
	return asked, nil
}

// Follow lets an agent who was asked join, as long as another agent is there. Errors: [ErrNotFound].
func (step *Step) Follow(asked Participant) error {
	if step.over || !step.hasAgent() {
		return ErrNotFound
	}
	step.enter(asked)
	return nil
}
