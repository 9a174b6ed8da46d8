package connectserver

import (
	"context"
	"time"
)

// Place is the place of a contact in its queue, from 1 on, and how long it will wait, about; negative
// when nobody can say.
type Place struct {
	Position int
	Wait     time.Duration
}

type contactMetricsInput struct {
	InstanceID string `json:"InstanceId"`
	ContactID  string `json:"ContactId"`
	Metrics    []struct{ Name string }
}

type contactMetricsOutput struct {
	Results []metricResult `json:"MetricResults"`
	ID      string         `json:"Id"`
	ARN     string         `json:"Arn"`
}

type metricResult struct {
	Name  string
	Value struct{ Number float64 }
}

// contactMetrics carries out GetContactMetrics.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_GetContactMetrics.html
func (s *Service) contactMetrics(ctx context.Context, in *contactMetricsInput) (*contactMetricsOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	id := contactID(in.ContactID)
	c, err := s.chats.Contact(ctx, id)
	if err != nil {
		return nil, err
	}
	place, waits := s.place(c.ID)
	if !waits || c.Current() != id {
		return nil, refusal(invalidRequest, "The contact is not in a queue.")
	}
	out := &contactMetricsOutput{Results: []metricResult{}, ID: id, ARN: s.instanceARN(c.InstanceID) + "/contact/" + id}
	for _, m := range in.Metrics {
		value := float64(place.Position)
		if m.Name == "ESTIMATED_WAIT_TIME" {
			value = place.Wait.Seconds()
		}
		if value >= 0 {
			out.Results = append(out.Results, metricResult{m.Name, struct{ Number float64 }{value}})
		}
	}
	return out, nil
}
