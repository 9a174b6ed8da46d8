package connectserver

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

type createParticipantInput struct {
	InstanceID         string `json:"InstanceId"`
	ContactID          string `json:"ContactId"`
	ClientToken        string
	ParticipantDetails struct {
		ParticipantRole transcript.Role
		DisplayName     string
	}
}

type createParticipantOutput struct {
	ParticipantID          string `json:"ParticipantId"`
	ParticipantCredentials participantCredentials
}

type participantCredentials struct {
	ParticipantToken string
	Expiry           string
}

func (in *createParticipantInput) rules() *awswire.Error {
	switch {
	case in.ParticipantDetails.ParticipantRole != transcript.CustomBot:
		return refusal(invalidRequest, "ParticipantDetails.ParticipantRole must be CUSTOM_BOT for a chat.")
	case in.ParticipantDetails.DisplayName == "":
		return refusal(invalidRequest, "ParticipantDetails.DisplayName is missing.")
	}
	return nil
}

// createParticipant carries out CreateParticipant.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_CreateParticipant.html
func (s *Service) createParticipant(ctx context.Context, in *createParticipantInput) (*createParticipantOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	id := contactID(in.ContactID)
	join := func() (*createParticipantOutput, error) {
		joined, err := s.chats.Join(ctx, id, in.ParticipantDetails.ParticipantRole, in.ParticipantDetails.DisplayName)
		if err != nil {
			return nil, err
		}
		return &createParticipantOutput{
			joined.ParticipantID, participantCredentials{joined.Token.Reveal(), isoTime(joined.Expiry)},
		}, nil
	}
	return s.joined.do(id, in.ClientToken, join)
}

type updateTimersInput struct {
	InstanceID           string `json:"InstanceId"`
	ContactID            string `json:"ContactId"`
	ChannelConfiguration struct {
		Chat struct {
			Timers []timerInput `json:"ParticipantTimerConfigList"`
		}
	}
}

type timerInput struct {
	ParticipantRole transcript.Role
	TimerType       chat.TimerType
	TimerValue      struct {
		Action  string `json:"ParticipantTimerAction"`
		Minutes int    `json:"ParticipantTimerDurationInMinutes"`
	}
}

func (t *timerInput) same(other *timerInput) bool {
	return t.ParticipantRole == other.ParticipantRole && t.TimerType == other.TimerType
}

func (in *updateTimersInput) rules() *awswire.Error {
	timers := in.ChannelConfiguration.Chat.Timers
	for i := range timers {
		if (timers[i].TimerValue.Action == "") == (timers[i].TimerValue.Minutes == 0) {
			has := "both"
			if timers[i].TimerValue.Action == "" {
				has = "neither"
			}
			return refusal(invalidRequest, "A TimerValue has exactly one of ParticipantTimerAction and ParticipantTimerDurationInMinutes, but this has "+has+".")
		}
		if slices.ContainsFunc(timers[:i], func(earlier timerInput) bool { return earlier.same(&timers[i]) }) {
			return refusal(invalidRequest, "ParticipantTimerConfigList names the same role and type twice.")
		}
	}
	return nil
}

// updateTimers carries out UpdateParticipantRoleConfig. Timers that are not named stay.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_UpdateParticipantRoleConfig.html
func (s *Service) updateTimers(ctx context.Context, in *updateTimersInput) (*nothing, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	err := s.chats.Step(ctx, contactID(in.ContactID), func(step *chat.Step) error {
		timers := slices.Clone(step.Contact().Timers)
		for _, t := range in.ChannelConfiguration.Chat.Timers {
			timers = slices.DeleteFunc(timers, func(old chat.Timer) bool {
				return old.Role == t.ParticipantRole && old.Type == t.TimerType
			})
			if t.TimerValue.Minutes > 0 {
				timers = append(timers, chat.Timer{
					Role: t.ParticipantRole, Type: t.TimerType, After: time.Duration(t.TimerValue.Minutes) * time.Minute,
				})
			}
		}
		slices.SortFunc(timers, func(a, b chat.Timer) int {
			return strings.Compare(string(a.Role)+string(a.Type), string(b.Role)+string(b.Type))
		})
		step.SetTimers(timers)
		return nil
	})
	return &nothing{}, err
}
