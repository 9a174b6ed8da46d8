package connectserver

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/fidelity"
	"github.com/parley-chat/parley/internal/instance"
)

// users are the users of the instance.
func (s *Service) users() *family[instance.User] {
	return &family[instance.User]{
		s: s, shelf: func() *instance.Shelf[instance.User] { return &s.kept.Users }, what: "user", kind: "agent", label: "UserId", name: "Username",
		show: func(_ string, u *instance.Item[instance.User], m members) {
			m["RoutingProfileId"], m["SecurityProfileIds"] = u.Is.ProfileID, u.Is.SecurityProfiles
			for name, value := range u.Is.Rest {
				m[name] = value
			}
		},
		brief: func(_ *instance.Item[instance.User], e entry) entry {
			e.Username, e.Name = e.Name, ""
			return e
		},
		fields: ", username, routingProfileID, firstName, lastName",
		field: func(u *instance.Item[instance.User], name string) (string, bool) {
			var identity map[string]string
			if json.Unmarshal(u.Is.Rest["IdentityInfo"], &identity) != nil {
				identity = nil
			}
			for member, text := range identity {
				if strings.EqualFold(member, name) {
					return text, true
				}
			}
			switch name {
			case "username":
				return u.Name, true
			case "routingprofileid":
				return u.Is.ProfileID, true
			}
			return "", name == "firstname" || name == "lastname"
		},
	}
}

func (s *Service) profileIDOf(given string) string { return arn.InInstance(given, s.profiles().kind) }

type userInput struct {
	Username         string
	Tags             map[string]string
	RoutingProfileID string   `json:"RoutingProfileId"`
	SecurityProfiles []string `json:"SecurityProfileIds"`

	IdentityInfo, PhoneConfig                                      json.RawMessage
	DirectoryUserID                                                json.RawMessage `json:"DirectoryUserId"`
	HierarchyGroupID                                               json.RawMessage `json:"HierarchyGroupId"`
	AutoAcceptConfigs, AfterContactWorkConfigs, PhoneNumberConfigs json.RawMessage
	PersistentConnectionConfigs, VoiceEnhancementConfigs           json.RawMessage
}

// rest are the members of a request that are kept as they are. A password is not among them: nobody
// signs in with it.
func (in *userInput) rest() map[string]json.RawMessage {
	rest := map[string]json.RawMessage{
		"IdentityInfo": in.IdentityInfo, "PhoneConfig": in.PhoneConfig, "DirectoryUserId": in.DirectoryUserID, "HierarchyGroupId": in.HierarchyGroupID,
		"AutoAcceptConfigs": in.AutoAcceptConfigs, "AfterContactWorkConfigs": in.AfterContactWorkConfigs, "PhoneNumberConfigs": in.PhoneNumberConfigs,
		"PersistentConnectionConfigs": in.PersistentConnectionConfigs, "VoiceEnhancementConfigs": in.VoiceEnhancementConfigs,
	}
	maps.DeleteFunc(rest, func(_ string, value json.RawMessage) bool { return value == nil || string(value) == "null" })
	return rest
}

func (s *Service) newUser(in *userInput) (instance.Item[instance.User], error) {
	return instance.Item[instance.User]{Name: in.Username, Tags: in.Tags, Is: instance.User{
		ProfileID: s.profileIDOf(in.RoutingProfileID), SecurityProfiles: s.securityProfileIDs(in.SecurityProfiles), Rest: in.rest(),
	}}, nil
}

// updateUser changes a user as a request says; what it leaves out stays.
func (s *Service) updateUser(in *userInput, u *instance.Item[instance.User]) error {
	if in.RoutingProfileID != "" {
		u.Is.ProfileID = s.profileIDOf(in.RoutingProfileID)
	}
	if in.SecurityProfiles != nil {
		u.Is.SecurityProfiles = s.securityProfileIDs(in.SecurityProfiles)
	}
	u.Is.Rest = rests(u.Is.Rest, in.rest())
	return nil
}

// updateHierarchy carries out UpdateUserHierarchy, which takes the group away when the request has none.
func updateHierarchy(in *userInput, u *instance.Item[instance.User]) error {
	delete(u.Is.Rest, "HierarchyGroupId")
	if in.HierarchyGroupID != nil {
		u.Is.Rest = rests(u.Is.Rest, in.rest())
	}
	return nil
}

// rests are members that are kept, with others in their places.
func rests(kept, others map[string]json.RawMessage) map[string]json.RawMessage {
	if kept == nil {
		kept = map[string]json.RawMessage{}
	}
	maps.Copy(kept, others)
	return kept
}

func (s *Service) userActions() []*action {
	f := s.users()
	return []*action{
		{
			name: "CreateUser", model: connectmodel.CreateUser(), run: created(f, "UserId", "UserArn", s.newUser), source: fidelity.Documentation,
			note: "Kept in the data directory, without the password; an agent at the desk at once, offline until somebody comes by the name, or the scripted agent of that name. The agent has the queues " +
				"of the routing profile for chats, as metrics and scripted agents go by them, and those who accept by themselves; a person may take any chat. When strict: 500, then `LimitExceededException`.",
		},
		{name: "DescribeUser", model: connectmodel.DescribeResource(f.label), run: f.described("User"), source: fidelity.Model},
		{name: "ListUsers", query: paging(), model: connectmodel.ListResources(1000), run: f.listed("UserSummaryList", nil), source: fidelity.Model},
		{
			name: "SearchUsers", model: connectmodel.SearchResources(500), run: f.found("Users"), source: fidelity.Model,
			note: "As SearchContactFlows; hierarchies and proficiencies are not searched.",
		},
		{
			name: "UpdateUserRoutingProfile", model: connectmodel.UpdateUserRoutingProfile(), run: changed(f, s.updateUser), source: fidelity.Documentation,
			note: "The agent at the desk has its queues at once.",
		},
		{
			name: "UpdateUserSecurityProfiles", model: connectmodel.UpdateUserSecurityProfiles(), run: changed(f, s.updateUser), source: fidelity.Documentation,
			note: "Kept only.",
		},
		{name: "UpdateUserPhoneConfig", model: connectmodel.UpdateUserPhoneConfig(), run: changed(f, s.updateUser), source: fidelity.Documentation, note: "Kept only."},
		{
			name: "UpdateUserConfig", model: connectmodel.UpdateUserConfig(), run: changed(f, s.updateUser), source: fidelity.Documentation,
			note: "The entry `CHAT` of `AutoAcceptConfigs` is the desk's switch \"Accept by itself\", whoever turns it; all else is kept only. A list replaces that of all channels (guessed).",
		},
		{
			name: "UpdateUserHierarchy", model: connectmodel.UpdateUserHierarchy(), run: changed(f, updateHierarchy), source: fidelity.Documentation,
			note: "Kept only, as in CreateUser: there are no hierarchy groups, so that any id will do. Without an id the user has none.",
		},
		{name: "UpdateUserIdentityInfo", model: connectmodel.UpdateUserIdentityInfo(), run: changed(f, s.updateUser), source: fidelity.Documentation, note: "Kept only."},
		{
			name: "DeleteUser", model: connectmodel.DescribeResource(f.label), run: f.removed(), source: fidelity.Documentation,
			note: "The agent leaves the desk, and the agent's chats wait again in the queues they came from.",
		},
	}
}
