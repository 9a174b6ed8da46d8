package frontdoor

import (
	"net/http"
	"slices"

	"github.com/parley-chat/parley/internal/guard"
	"github.com/parley-chat/parley/internal/settings"
	"github.com/parley-chat/parley/internal/startchat"
)

// policy says what pages may ask for; nil when they may ask for whatever Amazon Connect
// takes, as on a developer's own machine. tokens says whether customers may bring one.
func (c Config) policy(tokens bool) *startchat.Policy {
	s := c.Settings
	if s.AnyFlow() && !s.Pinned() && s.AnyAttribute() && s.AnyMember() && s.Persistent() == settings.PersistentOpen &&
		!tokens && s.MaxDuration == 0 && s.DefaultDuration == 0 {
		return nil
	}
	trusted := s.TrustedProxies
	return &startchat.Policy{
		PinInstance: s.Pinned(),
		AnyFlow:     s.AnyFlow(), Flows: without(s.AllowedFlows, "*"),
		AnyAttribute: s.AnyAttribute(), Attributes: without(s.PageAttributes, "*"),
		AnyMember: s.AnyMember(), Members: without(s.PageMembers, "*"),
		Others:     startchat.OthersPolicy(s.OtherAttributes),
		Persistent: startchat.PersistentMode(s.Persistent()), ResumeKeys: c.Keys,
		DefaultDuration: s.DefaultDuration, MaxDuration: s.LongestChat(),
		ClientAddr: func(r *http.Request) string { return guard.ClientAddr(r, trusted) },
	}
}

func without(list []string, entry string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(e string) bool { return e == entry })
}
