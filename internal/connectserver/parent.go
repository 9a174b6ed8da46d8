package connectserver

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/fidelity"
	"github.com/parley-chat/parley/internal/instance"
)

// maxParents is how many parents hours of operation have at most. The quota is the same for everybody.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/hours-of-operation-overrides.html
const maxParents = 3

type parentsInput struct {
	Configs []struct {
		ID string `json:"HoursOfOperationId"`
	} `json:"ParentHoursOfOperationConfigs"`
	IDs []string `json:"ParentHoursOfOperationIds"`
}

// addParents carries out AssociateHoursOfOperations.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_AssociateHoursOfOperations.html
func (s *Service) addParents(in *parentsInput, h *instance.Item[instance.Hours]) error {
	for _, p := range in.Configs {
		if id := s.hoursIDOf(p.ID); !slices.Contains(h.Is.Parents, id) {
			h.Is.Parents = append(h.Is.Parents, id)
		}
	}
	if len(h.Is.Parents) > maxParents {
		return &awswire.Error{
			Status: http.StatusPaymentRequired, Name: "ServiceQuotaExceededException",
			Message: fmt.Sprintf("Hours of operation have at most %d parents.", maxParents),
		}
	}
	return nil
}

// dropParents carries out DisassociateHoursOfOperations.
func (s *Service) dropParents(in *parentsInput, h *instance.Item[instance.Hours]) error {
	for _, given := range in.IDs {
		at := slices.Index(h.Is.Parents, s.hoursIDOf(given))
		if at < 0 {
			return resourceNotFound("The hours of operation do not have this parent: " + connectmodel.Shorten(given) + ".")
		}
		h.Is.Parents = slices.Delete(h.Is.Parents, at, at+1)
	}
	return nil
}

// hoursIdentifier is how answers name hours of operation.
func (s *Service) hoursIdentifier(in string, h *instance.Item[instance.Hours]) members {
	return members{"Id": h.ID, "Name": h.Name, "Arn": s.hours().arnOf(in, h.ID)}
}

// listChildren carries out ListChildHoursOfOperations.
func (s *Service) listChildren(_ context.Context, in string, request jsontext.Value) (any, error) {
	parent, err := s.hours().find(request)
	if err != nil {
		return nil, err
	}
	return parted(request, "ChildHoursOfOperationsSummaryList", func(yield func(members) bool) {
		for _, h := range s.kept.Hours.All() {
			if slices.Contains(h.Is.Parents, parent.ID) && !yield(s.hoursIdentifier(in, h)) {
				return
			}
		}
	})
}

// parentActions are those that give hours of operation parents, whose overrides count for them too.
func (s *Service) parentActions() []*action {
	f := s.hours()
	return []*action{
		{
			name: "AssociateHoursOfOperations", model: connectmodel.AssociateHoursOfOperations(), run: changed(f, s.addParents), source: fidelity.Documentation,
			note: "The overrides of the parents count at once. A fourth parent is `ServiceQuotaExceededException`; hours that have parents and would be one are `InvalidRequestException` (guessed), " +
				"as in CreateHoursOfOperation. A parent that is one already stays one (guessed).",
		},
		{
			name: "DisassociateHoursOfOperations", model: connectmodel.DisassociateHoursOfOperations(), run: changed(f, s.dropParents), source: fidelity.Documentation,
			note: "What is no parent is `ResourceNotFoundException` (guessed).",
		},
		{
			name: "ListChildHoursOfOperations", query: paging(), model: connectmodel.ListOfResource(f.label, 100), run: f.answer(s.listChildren), source: fidelity.Model,
		},
	}
}
