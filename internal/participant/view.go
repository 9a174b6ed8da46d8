package participant

import (
	"context"
	"net/http"

	"github.com/parley-chat/parley/internal/awswire"
)

// View is a view of a step-by-step guide, as DescribeView shows it.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_connect-participant_View.html
type View struct {
	ID      string `json:"Id"`
	ARN     string `json:"Arn"`
	Name    string
	Version int
	Content ViewContent
}

// ViewContent is what a view consists of. InputSchema and Template are JSON texts.
type ViewContent struct {
	InputSchema, Template string
	Actions               []string
}

// describeView is DescribeView.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_connect-participant_DescribeView.html
func (s *Service) describeView(_ context.Context, c *call) ([]byte, error) {
	token := c.request.PathValue("token")
	if err := required("ViewToken", token, longestToken); err != nil {
		return nil, err
	}
	if s.views != nil {
		if view, ok := s.views(token); ok {
			return encode(struct{ View View }{view})
		}
	}
	return nil, &awswire.Error{Status: http.StatusNotFound, Name: "ResourceNotFoundException", Message: "The view was not found."}
}
