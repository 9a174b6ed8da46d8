package relay

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/secret"
)

// sealer makes the tickets of sockets: the real address, encrypted and signed, so that nothing
// need be remembered, nobody can have another address called, and what is in it stays between
// the service and this server. Its key lives as long as the relay.
type sealer struct{ cipher.AEAD }

func newSealer() sealer {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // crypto/rand never fails: it ends the program instead
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the key has the right length
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // AES has the right block
	}
	return sealer{aead}
}

// ticket is what the address of a socket on this server stands for.
type ticket struct {
	// URL is the address of the socket at the service.
	URL string
	// Expires is when the service lets nobody in with it any more, and we neither.
	Expires time.Time
	// Holder is whose it is.
	Holder digest
}

// errTicket is the answer to a ticket that is not one of this server, or has expired.
var errTicket = &awswire.Error{Status: http.StatusForbidden, Name: "AccessDeniedException", Message: "Access denied"}

func (s sealer) seal(t ticket) (secret.Text, error) {
	plain, err := json.Marshal(t)
	if err != nil {
		return secret.Text{}, err
	}
	return secret.New(base64.RawURLEncoding.EncodeToString(s.Seal(nil, nil, plain, nil))), nil
}

func (s sealer) open(text secret.Text, now time.Time) (t ticket, err error) {
	sealed, err := base64.RawURLEncoding.DecodeString(text.Reveal())
	if err != nil {
		return ticket{}, errTicket
	}
	plain, err := s.Open(nil, nil, sealed, nil)
	if err != nil || json.Unmarshal(plain, &t) != nil || !now.Before(t.Expires) {
		return ticket{}, errTicket
	}
	return t, nil
}
