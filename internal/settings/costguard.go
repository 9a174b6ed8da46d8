package settings

import (
	"net"

	"github.com/parley-chat/parley/internal/loopback"
)

// localMaxChats is how many chats a run may start on AWS when it serves one
// developer: enough for a day of work, few enough to stop a page in a loop.
const localMaxChats = 100

// CostGuard is what max-chats and end-on-exit come to.
type CostGuard struct {
	// MaxChats is the number of chats the run may start; zero is any number.
	MaxChats int
	// EndOnExit says that the chats of the run end with it.
	EndOnExit bool
	// Why is half a sentence about what was left to Parley; empty when nothing was.
	Why string
}

// CostGuard decides about the settings left at auto. On a loopback address Parley
// serves a developer, whose chats should be few and end with the run. On any other
// address it serves customers: a restart must not end their chats. The embedded
// Amazon Connect costs nothing, so nothing is limited there.
func (s *Settings) CostGuard() CostGuard {
	guard := CostGuard{MaxChats: s.MaxChats.N, EndOnExit: s.EndOnExit == On}
	local := s.Loopback()
	switch {
	case s.Upstream == Embedded:
		return CostGuard{Why: "the embedded Amazon Connect costs nothing"}
	case s.Upstream != AWS:
		return CostGuard{Why: "a recording costs nothing"}
	case !s.MaxChats.Auto && s.EndOnExit != Auto:
		return guard
	case local:
		guard.Why = "Parley listens on a loopback address, so it is for local work"
	default:
		guard.Why = "Parley does not listen on a loopback address, so it may serve customers"
	}
	if s.MaxChats.Auto && local {
		guard.MaxChats = localMaxChats
	}
	if s.EndOnExit == Auto {
		guard.EndOnExit = local
	}
	return guard
}

// Loopback reports whether only this machine can reach the address to listen on.
func (s *Settings) Loopback() bool {
	host, _, err := net.SplitHostPort(s.Addr)
	return err == nil && loopback.Host(host)
}

// Unused returns the flags that were given although they do nothing with the
// upstream chosen: most likely --upstream aws was forgotten. Variables and keys are
// left out, because one file may well serve both upstreams.
func (s *Settings) Unused() []string {
	if s.Upstream == AWS {
		return nil
	}
	var flags []string
	for _, name := range []string{"region", "profile", "endpoint-url", "max-chats", "end-on-exit", "relay", "participant-endpoint-url"} {
		if s.Origin(name).Source == FromFlag {
			flags = append(flags, "--"+name)
		}
	}
	return flags
}
