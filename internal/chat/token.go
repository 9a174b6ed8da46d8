package chat

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/secret"
)

// tokenKind keeps one kind of token from being used as another.
type tokenKind byte

const (
	participantToken tokenKind = iota + 1 // no expiry: lives as long as its participant
	connectionToken                       // for the Participant Service's calls
	socketTicket                          // in a socket's address
	viewToken                             // names a view shown in an interactive message
	signInState                           // names a sign-in, whose session stands for the participant
	signInCode                            // says that the sign-in of a session was done on its page
)

// claims are what a token says. Tokens are signed, not stored: they cost no memory, survive
// a restart, and the same claims always give the same token, which is what makes a repeated
// StartChatContact answer the same one. Whether the contact and the participant still exist
// is looked up at every use.
type claims struct {
	kind                 tokenKind
	contact, participant uuid.UUID
	// at is the time of expiry, or for tickets of issue; zero for participant tokens.
	at time.Time
}

// tokenPrefix makes tokens begin with QVFJREFI, as the live service's do, so that people
// who read a request see what they are looking at.
const tokenPrefix = "AQIDAH"

const (
	claimsSize = 1 + 16 + 16 + 8
	macSize    = 18
)

// signer makes and reads tokens.
type signer struct{ key []byte }

// newKey returns a key for signing tokens: 256 random bits.
func newKey() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // crypto/rand never fails: it ends the program instead
	return key
}

// sign returns the token that says these claims.
func (s signer) sign(c claims) secret.Text {
	raw := make([]byte, 0, len(tokenPrefix)+claimsSize+macSize)
	raw = append(raw, tokenPrefix...)
	raw = append(raw, byte(c.kind))
	raw = append(raw, c.contact[:]...)
	raw = append(raw, c.participant[:]...)
	millis := int64(0)
	if !c.at.IsZero() {
		millis = c.at.UnixMilli()
	}
	raw = binary.BigEndian.AppendUint64(raw, uint64(millis))
	raw = append(raw, s.mac(raw)...)
	return secret.New(base64.RawURLEncoding.EncodeToString(raw))
}

// read returns what a token of the given kind says. Any other text is ErrAccessDenied.
func (s signer) read(kind tokenKind, token secret.Text) (claims, error) {
	c, err := s.verify(token)
	if err == nil && c.kind != kind {
		err = ErrAccessDenied
	}
	if err != nil {
		return claims{}, err
	}
	return c, nil
}

// verify returns what a token of any kind says. Any other text is ErrAccessDenied.
func (s signer) verify(token secret.Text) (claims, error) {
	c, raw, err := parse(token)
	if err != nil || !hmac.Equal(s.mac(raw[:len(raw)-macSize]), raw[len(raw)-macSize:]) {
		return claims{}, ErrAccessDenied
	}
	return c, nil
}

// strictBase64 refuses a second spelling of the same token.
//
//nolint:gochecknoglobals // a codec, which never changes and is costly to make
var strictBase64 = base64.RawURLEncoding.Strict()

// parse reads a token without looking at its signature, and returns its bytes, too.
func parse(token secret.Text) (c claims, raw []byte, err error) {
	text := token.Reveal()
	raw, err = strictBase64.DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") || len(raw) != len(tokenPrefix)+claimsSize+macSize {
		return claims{}, nil, ErrAccessDenied
	}
	fields := raw[len(tokenPrefix):]
	c = claims{kind: tokenKind(fields[0]), contact: uuid.UUID(fields[1:17]), participant: uuid.UUID(fields[17:33])}
	if millis := int64(binary.BigEndian.Uint64(fields[33:41])); millis != 0 {
		c.at = time.UnixMilli(millis)
	}
	return c, raw, nil
}

func (s signer) mac(data []byte) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write(data)
	return mac.Sum(nil)[:macSize]
}

func newID() string { return uuid.NewString() }

// parseIDs reads the ids a token is made for.
func parseIDs(contactID, participantID string) (contact, participant uuid.UUID, err error) {
	contact, errContact := uuid.Parse(contactID)
	participant, errParticipant := uuid.Parse(participantID)
	if err := errors.Join(errContact, errParticipant); err != nil {
		return contact, participant, fmt.Errorf("reading ids: %w", err)
	}
	return contact, participant, nil
}
