package connectserver

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/instance"
)

// testID is the id of a test case, which may be given as an ARN.
func testID(given string) string { return given[strings.LastIndexByte(given, '/')+1:] }

func (s *Service) testARN(given, id string) string {
	return s.instanceARN(instanceID(given)) + "/test-case/" + id
}

type testInput struct {
	InstanceID string `json:"InstanceId"`
	TestID     string `json:"TestCaseId"`
	Status     string `json:"status"`
}

type createTestInput struct {
	InstanceID  string `json:"InstanceId"`
	TestID      string `json:"TestCaseId"`
	Name        string
	Content     string
	Description *string
	Entry       jsontext.Value `json:"EntryPoint"`
	Data        *string        `json:"InitializationData"`
	Status      string
	Tags        map[string]string
}

type createTestOutput struct {
	ID  string `json:"TestCaseId"`
	ARN string `json:"TestCaseArn"`
}

// change puts what a request has into a test case. What it leaves out stays: of what is saved, or else
// of what is published. A name and a description alone change neither.
func (s *Service) changeTest(c *instance.TestCase, in *createTestInput) {
	if in.Name != "" {
		c.Name = in.Name
	}
	if in.Description != nil {
		c.Description = *in.Description
	}
	if in.Content == "" && in.Entry == nil && in.Data == nil && in.Status == "" {
		return
	}
	body := instance.TestBody{}
	switch {
	case c.Saved != nil:
		body = *c.Saved
	case c.Published != nil:
		body = *c.Published
	}
	if in.Content != "" {
		body.Content = in.Content
	}
	if in.Entry != nil {
		body.Entry = []byte(in.Entry)
	}
	if in.Data != nil {
		body.Data = *in.Data
	}
	body.Modified = s.chats.Clock().Now()
	if in.Status == saved {
		c.Saved = &body
		return
	}
	c.Published, c.Saved = &body, nil
}

// createTest carries out CreateTestCase. What is only saved is not looked at.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_CreateTestCase.html
func (s *Service) createTest(ctx context.Context, in *createTestInput) (*createTestOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	c := instance.TestCase{Tags: in.Tags}
	s.changeTest(&c, in)
	c, err := s.tests.Create(ctx, c)
	if err != nil {
		return nil, testRefused(err)
	}
	return &createTestOutput{c.ID, s.testARN(in.InstanceID, c.ID)}, nil
}

// updateTest carries out UpdateTestCase.
func (s *Service) updateTest(ctx context.Context, in *createTestInput) (*nothing, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	err := s.tests.Change(ctx, testID(in.TestID), func(c *instance.TestCase) error {
		s.changeTest(c, in)
		return nil
	})
	if err != nil {
		return nil, testRefused(err)
	}
	return &nothing{}, nil
}

// testRefused says why something about a test case cannot be done.
func testRefused(err error) error {
	if invalid, ok := errors.AsType[*instance.InvalidError](err); ok {
		type detail struct {
			Message string `json:"message"`
		}
		problems := make([]detail, len(invalid.Problems))
		for i, text := range invalid.Problems {
			problems[i].Message = text
		}
		return &awswire.Error{ // the model names the member otherwise than the service does
			Status: http.StatusBadRequest, Name: "InvalidTestCaseException", Message: "Invalid test case content: " + strings.Join(invalid.Problems, "; "),
			Members: map[string]any{"Problems": problems, "problemDetails": problems},
		}
	}
	switch {
	case errors.Is(err, instance.ErrNotFound):
		return resourceNotFound("Test case or execution not found.")
	case errors.Is(err, instance.ErrDuplicate):
		return &awswire.Error{Status: http.StatusConflict, Name: "DuplicateResourceException", Message: "Another test case has this name."}
	case errors.Is(err, instance.ErrUnpublished):
		return refusal(invalidRequest, "The test case is saved and not published: publish it first.")
	case errors.Is(err, instance.ErrLimit):
		return &awswire.Error{
			Status: http.StatusPaymentRequired, Name: "ServiceQuotaExceededException", Message: "Failed to start execution of test case due to limit reached.",
		}
	}
	return err
}

// testOutput is a test case.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_TestCase.html
type testOutput struct {
	ARN          string `json:"Arn"`
	ID           string `json:"Id"`
	Name         string
	Content      string
	Entry        jsontext.Value `json:"EntryPoint,omitzero"`
	Data         string         `json:"InitializationData,omitzero"`
	Description  string         `json:",omitzero"`
	Status       string
	LastModified epoch             `json:"LastModifiedTime"`
	Region       string            `json:"LastModifiedRegion"`
	Tags         map[string]string `json:",omitzero"`
	Hash         string            `json:"TestCaseSha256"`
}

// shownTest is a test case with the body of a status; without one what is published, else what is
// saved. It returns false where there is none.
func (s *Service) shownTest(given string, c *instance.TestCase, status string) (testOutput, bool) {
	body, shown := c.Published, "PUBLISHED"
	if status == saved || status == "" && body == nil {
		body, shown = c.Saved, saved
	}
	if body == nil {
		return testOutput{}, false
	}
	return testOutput{
		ARN: s.testARN(given, c.ID), ID: c.ID, Name: c.Name, Content: body.Content, Entry: jsontext.Value(body.Entry), Data: body.Data,
		Description: c.Description, Status: shown, LastModified: epoch{body.Modified}, Region: s.region, Tags: c.Tags, Hash: hashOf(body.Content),
	}, true
}

type describeTestOutput struct{ TestCase testOutput }

// describeTest carries out DescribeTestCase.
func (s *Service) describeTest(_ context.Context, in *testInput) (*describeTestOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	if c, ok := s.tests.Find(testID(in.TestID)); ok {
		if out, ok := s.shownTest(in.InstanceID, &c, in.Status); ok {
			return &describeTestOutput{out}, nil
		}
	}
	return nil, testRefused(instance.ErrNotFound)
}

// deleteTest carries out DeleteTestCase.
func (s *Service) deleteTest(ctx context.Context, in *testInput) (*nothing, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	if err := s.tests.Remove(ctx, testID(in.TestID)); err != nil {
		return nil, testRefused(err)
	}
	return &nothing{}, nil
}

type testSummary struct {
	ID           string `json:"Id"`
	ARN          string `json:"Arn"`
	Name         string
	Status       string
	LastModified epoch  `json:"LastModifiedTime"`
	Region       string `json:"LastModifiedRegion"`
}

type listTestsOutput struct {
	Tests     []testSummary `json:"TestCaseSummaryList"`
	NextToken string        `json:",omitzero"`
}

// listTests carries out ListTestCases.
func (s *Service) listTests(_ context.Context, in *listInput) (*listTestsOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	var all []testSummary
	for _, c := range s.tests.All() {
		out, _ := s.shownTest(in.InstanceID, &c, "")
		all = append(all, testSummary{out.ID, out.ARN, out.Name, out.Status, out.LastModified, out.Region})
	}
	tests, next, err := page(all, in.NextToken, in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	return &listTestsOutput{tests, next}, nil
}

type searchTestsOutput struct {
	Tests     []testOutput `json:"TestCases"`
	NextToken string       `json:",omitzero"`
	Count     int          `json:"ApproximateTotalCount"`
}

// searchTests carries out SearchTestCases, which asks for what a search for flows asks for.
func (s *Service) searchTests(_ context.Context, in *searchInput) (*searchTestsOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	var found []testOutput
	for _, c := range s.tests.All() {
		f := (&Flow{Name: c.Name, Description: c.Description, Tags: c.Tags, Saved: c.Published == nil}).searched()
		met, err := in.SearchCriteria.met(f)
		if err != nil {
			return nil, err
		}
		if met && in.SearchFilter.TagFilter.met(f) {
			out, _ := s.shownTest(in.InstanceID, &c, "")
			found = append(found, out)
		}
	}
	some, next, err := page(found, in.NextToken, in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	return &searchTestsOutput{some, next, len(found)}, nil
}
