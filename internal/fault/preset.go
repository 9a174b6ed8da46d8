package fault

import (
	"fmt"
	"net/http"

	"github.com/parley-chat/parley/internal/participant"
)

// Preset is a set of rules for something that really happens.
type Preset struct {
	// Name is what it is applied by.
	Name string `json:"name"`
	// Title and Description tell people what happens.
	Title       string `json:"title"`
	Description string `json:"description"`
	// Rules are what it adds.
	Rules []Rule `json:"rules"`
}

// deployed is how long nobody gets in during a deployment.
const deployed = 5_000

// goingAway is the close code of a server that goes down (RFC 6455, section 7.4.1).
const goingAway = 1001

// Presets returns what really happens, with the rules for it.
func (s *Rules) Presets() []Preset { return presets() }

func presets() []Preset {
	all := []Preset{
		{
			Name: "deploy", Title: "The service is deployed",
			Description: "Every socket is closed as going away (1001), and nobody gets a new one for five seconds.",
			// Nobody gets in first, so that those who are sent away do not come back at once.
			Rules: []Rule{
				{Action: participant.SocketAction, ForMs: deployed, Effect: Effect{Type: RefuseSocket, Status: http.StatusServiceUnavailable}},
				{Action: participant.SocketAction, ForMs: deployed, Effect: Effect{Type: CutSocket, Status: goingAway}},
			},
		},
		{
			Name: "phone-locked", Title: "The phone is locked",
			Description: "Sockets stay open, but nothing gets through either way until this is taken back. After 20 seconds the chat goes on without them.",
			Rules:       []Rule{{Action: participant.SocketAction, Effect: Effect{Type: HalfOpen}}},
		},
		{
			Name: "region-fault", Title: "The Region has a fault",
			Description: "Three calls in ten fail with 500, and three sockets in ten are not opened.",
			Rules:       []Rule{{Action: Everything, Percent: 30, Effect: Effect{Type: Status, Status: http.StatusInternalServerError}}},
		},
		{
			Name: "quota-reached", Title: "A quota is reached",
			Description: "No further chat may be active (429 LimitExceededException), and a chat takes no further attachment (402).",
			Rules: []Rule{
				{Action: startChatContact, Effect: Effect{
					Type: Status, Status: http.StatusTooManyRequests, Error: "LimitExceededException",
					Message: "The instance may have at most 500 active chats, and has 500.",
				}},
				{Action: "StartAttachmentUpload", Effect: Effect{
					Type: Status, Status: http.StatusPaymentRequired, Error: "ServiceQuotaExceededException",
					Message: "A chat may have at most 35 attachments, and this one has 35.",
				}},
			},
		},
		{
			Name: "origin-not-approved", Title: "The page's origin is not approved",
			Description: "The page can start a chat and not take part in it: CreateParticipantConnection and the socket are answered 403.",
			Rules: []Rule{
				{Action: "CreateParticipantConnection", Effect: Effect{Type: Status, Status: http.StatusForbidden}},
				{Action: participant.SocketAction, Effect: Effect{Type: RefuseSocket, Status: http.StatusForbidden}},
			},
		},
		{
			Name: "slow-network", Title: "The network is slow",
			Description: "Every call and every frame takes a second and a half longer.",
			Rules:       []Rule{{Action: Everything, Effect: Effect{Type: Delay, DelayMs: 1500}}},
		},
		{
			Name: "attachment-rejected", Title: "Attachments are rejected",
			Description: "The scan finds every attachment unfit.",
			Rules:       []Rule{{Action: completeUpload, Effect: Effect{Type: RejectAttachment}}},
		},
		{
			Name: "token-expired", Title: "Tokens expire",
			Description: "Every connection token and socket address stops working now. Clients have to connect again.",
			Rules:       []Rule{{Action: Everything, Effect: Effect{Type: ExpireTokens}}},
		},
	}
	for i := range all {
		for j := range all[i].Rules {
			all[i].Rules[j].Name = all[i].Title
			if all[i].Rules[j].Percent == 0 {
				all[i].Rules[j].Percent = 100
			}
		}
	}
	return all
}

// Apply adds the rules of a preset and returns them. Errors are of type [*InvalidError].
func (s *Rules) Apply(preset string) ([]Rule, error) {
	for _, known := range presets() {
		if known.Name != preset {
			continue
		}
		var applied []Rule
		for _, rule := range known.Rules {
			added, err := s.Add(rule)
			if err != nil {
				for _, before := range applied {
					s.Remove(before.ID)
				}
				return nil, err
			}
			applied = append(applied, added)
		}
		return applied, nil
	}
	return nil, &InvalidError{Field: "preset", Text: fmt.Sprintf("%q is not known", preset)}
}
