package relay

import (
	"context"
	"crypto/sha256"
	"sync"

	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/startchat"
)

// digest is what is remembered of a token.
type digest [sha256.Size]byte

func digestOf(token secret.Text) digest { return sha256.Sum256([]byte(token.Reveal())) }

// holder is who has a token, as far as answers have told: amazon Connect's tokens do not say.
type holder struct{ contact, participant, role string }

// mostHolders bounds how many are known. When there are more, those not seen for longest go.
const mostHolders = 10_000

// holders knows whose tokens are.
type holders struct {
	mu           sync.Mutex
	now, earlier map[digest]*holder
}

func newHolders() *holders { return &holders{now: map[digest]*holder{}} }

// of returns who has a token; nobody in particular when that is not known.
func (h *holders) of(token digest) holder {
	h.mu.Lock()
	defer h.mu.Unlock()
	if found := h.find(token); found != nil {
		return *found
	}
	return holder{}
}

// find keeps what it finds. The caller holds the lock.
func (h *holders) find(token digest) *holder {
	if found := h.now[token]; found != nil {
		return found
	}
	found := h.earlier[token]
	if found != nil {
		h.put(token, found)
	}
	return found
}

// put remembers a holder. The caller holds the lock.
func (h *holders) put(token digest, who *holder) {
	if len(h.now) >= mostHolders/2 {
		h.now, h.earlier = map[digest]*holder{}, h.now
	}
	h.now[token] = who
}

// learn notes what is known of a token's holder; what is empty changes nothing.
func (h *holders) learn(token digest, who holder) {
	h.mu.Lock()
	defer h.mu.Unlock()
	found := h.find(token)
	if found == nil {
		found = &holder{}
		h.put(token, found)
	}
	for _, known := range []struct {
		to   *string
		text string
	}{{&found.contact, who.contact}, {&found.participant, who.participant}, {&found.role, who.role}} {
		if known.text != "" {
			*known.to = known.text
		}
	}
}

// share says that two tokens have the same holder.
func (h *holders) share(token, other digest) {
	h.mu.Lock()
	defer h.mu.Unlock()
	found := h.find(token)
	if found == nil {
		found = &holder{}
		h.put(token, found)
	}
	h.put(other, found)
}

// starter notes whose the tokens of started chats are.
type starter struct {
	startchat.Starter
	known *holders
}

// Starter returns a starter that tells the relay of the chats it starts, whose later calls are
// then known to be theirs.
func (r *Relay) Starter(next startchat.Starter) startchat.Starter { return &starter{next, r.known} }

// StartChatContact implements [startchat.Starter].
func (s *starter) StartChatContact(ctx context.Context, request *startchat.Request) (*startchat.Result, error) {
	result, err := s.Starter.StartChatContact(ctx, request)
	if err == nil {
		s.known.learn(digestOf(result.ParticipantToken), holder{result.ContactID, result.ParticipantID, customer})
	}
	return result, err
}

const customer = "CUSTOMER"
