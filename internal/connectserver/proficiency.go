package connectserver

import (
	"context"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/fidelity"
	"github.com/parley-chat/parley/internal/instance"
)

type proficienciesInput struct {
	UserProficiencies []instance.Proficiency
}

// proficiencyAt is where a user's proficiency is; -1 for one that the user does not have.
func proficiencyAt(u *instance.Item[instance.User], p instance.Proficiency) int {
	return slices.IndexFunc(u.Is.Proficiencies, func(other instance.Proficiency) bool {
		return other.AttributeName == p.AttributeName && other.AttributeValue == p.AttributeValue
	})
}

// addProficiencies carries out AssociateUserProficiencies.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_AssociateUserProficiencies.html
func addProficiencies(in *proficienciesInput, u *instance.Item[instance.User]) error {
	for _, p := range in.UserProficiencies {
		if at := proficiencyAt(u, p); at >= 0 {
			u.Is.Proficiencies[at] = p
		} else {
			u.Is.Proficiencies = append(u.Is.Proficiencies, p)
		}
	}
	return nil
}

func noProficiency(p instance.Proficiency) *awswire.Error {
	return resourceNotFound("The user does not have the proficiency " + connectmodel.Shorten(p.AttributeName) + " with the value " + connectmodel.Shorten(p.AttributeValue) + ": associate it first.")
}

// updateProficiencies carries out UpdateUserProficiencies, which changes those that the user has.
func updateProficiencies(in *proficienciesInput, u *instance.Item[instance.User]) error {
	for _, p := range in.UserProficiencies {
		if proficiencyAt(u, p) < 0 {
			return noProficiency(p)
		}
	}
	return addProficiencies(in, u)
}

// dropProficiencies carries out DisassociateUserProficiencies.
func dropProficiencies(in *proficienciesInput, u *instance.Item[instance.User]) error {
	for _, p := range in.UserProficiencies {
		at := proficiencyAt(u, p)
		if at < 0 {
			return noProficiency(p)
		}
		u.Is.Proficiencies = slices.Delete(u.Is.Proficiencies, at, at+1)
	}
	return nil
}

// listProficiencies carries out ListUserProficiencies.
func (s *Service) listProficiencies(_ context.Context, _ string, request jsontext.Value) (any, error) {
	u, err := s.users().find(request)
	if err != nil {
		return nil, err
	}
	return parted(request, "UserProficiencyList", slices.Values(u.Is.Proficiencies))
}

func (s *Service) proficiencyActions() []*action {
	f, add := s.users(), connectmodel.AssociateUserProficiencies()
	return []*action{
		{
			name: "AssociateUserProficiencies", model: add, run: changed(f, addProficiencies), source: fidelity.Documentation,
			note: "Kept only: contacts are not routed by them. There are no predefined attributes, so that any name and value will do. One that the user has gets the new level (guessed).",
		},
		{
			name: "UpdateUserProficiencies", model: add, run: changed(f, updateProficiencies), source: fidelity.Documentation,
			note: "What the user does not have is `ResourceNotFoundException` (guessed), and nothing is changed then.",
		},
		{
			name: "DisassociateUserProficiencies", model: connectmodel.DisassociateUserProficiencies(), run: changed(f, dropProficiencies), source: fidelity.Documentation,
			note: "As UpdateUserProficiencies.",
		},
		{name: "ListUserProficiencies", query: paging(), model: connectmodel.ListOfResource(f.label, 100), run: f.answer(s.listProficiencies), source: fidelity.Model},
	}
}
