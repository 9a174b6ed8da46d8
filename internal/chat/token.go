package chat

import (
	"crypto/rand"
	"encoding/base64"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/secret"
)

// tokenPrefix is how the live service's participant tokens begin, which helps people
// who read a request to see what they are looking at.
const tokenPrefix = "QVFJREFI"

// newParticipantToken returns an unguessable token: 192 random bits.
func newParticipantToken() secret.Text {
	random := make([]byte, 24)
	_, _ = rand.Read(random) // crypto/rand never fails: it ends the program instead
	return secret.New(tokenPrefix + base64.RawURLEncoding.EncodeToString(random))
}

func newID() string { return uuid.NewString() }
