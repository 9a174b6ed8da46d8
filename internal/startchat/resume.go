package startchat

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/identity"
	"github.com/parley-chat/parley/internal/secret"
)

// A resume id lets the customer who held a chat continue it, and nobody else. It is
//
//	CONTACT.EXPIRY.SIGNATURE
//
// with the expiry in seconds since 1970 and the signature in base64url without padding:
// HMAC-SHA256 over contact, expiry, instance and subject. Pages pass it as
// PersistentChat.SourceContactId, where Amazon Connect wants the bare contact id. It is a
// secret of the customer's, like a participant token, and stands in no log.
const (
	// resumeLifetime is how long a chat can be continued.
	resumeLifetime = 30 * 24 * time.Hour
	// resumeInfo sets these keys apart from every other use of the shared key (RFC 5869,
	// section 3.2): it also checks tokens.
	resumeInfo = "parley resume id v1"
	// longestResumeID is more than any has: AWS bounds contact ids to 256 characters.
	longestResumeID = 512
)

// resumeKeys sign and check resume ids: the current one first.
type resumeKeys [][]byte

// deriveResumeKeys makes the keys from the shared ones. Short ones are no good: resume ids are
// handed out to anybody, who may then guess the key at leisure.
func deriveResumeKeys(shared []secret.Text) (resumeKeys, error) {
	var keys resumeKeys
	for i, text := range shared {
		if len(text.Reveal()) < identity.MinKeyBytes {
			if i == 0 {
				return nil, fmt.Errorf("signing resume ids: the key has fewer than %d bytes", identity.MinKeyBytes)
			}
			continue
		}
		key, err := hkdf.Key(sha256.New, []byte(text.Reveal()), nil, resumeInfo, sha256.Size)
		if err != nil {
			return nil, fmt.Errorf("deriving the key of resume ids: %w", err)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("signing resume ids: there is no key")
	}
	return keys, nil
}

// holder is whom a resume id is for.
type holder struct{ instance, subject string }

// sign returns the resume id of a contact.
func (k resumeKeys) sign(contact string, to holder, now time.Time) string {
	expiry := strconv.FormatInt(now.Add(resumeLifetime).Unix(), 10)
	return contact + "." + expiry + "." + resumeSignature(k[0], contact, expiry, to)
}

// Reasons why a resume id is not accepted, for the log.
var (
	errResumeForm      = errors.New("it is not of the form of a resume id")
	errResumeSignature = errors.New("its signature is not by a current key, for this instance and this caller")
	errResumeExpired   = errors.New("it has expired")
)

// verify returns the contact of a resume id that was signed for the holder. The signature is
// compared in its text form, so that of the several texts that decode to the same bytes
// only one is taken.
func (k resumeKeys) verify(id string, by holder, now time.Time) (contact string, err error) {
	if len(id) > longestResumeID {
		return "", errResumeForm
	}
	rest, signature, ok := cutLast(id)
	contact, expiry, ok2 := cutLast(rest)
	if !ok || !ok2 || contact == "" {
		return "", errResumeForm
	}
	genuine := false
	for _, key := range k {
		if hmac.Equal([]byte(signature), []byte(resumeSignature(key, contact, expiry, by))) {
			genuine = true
		}
	}
	if !genuine {
		return "", errResumeSignature
	}
	seconds, err := strconv.ParseInt(expiry, 10, 64)
	if err != nil {
		return "", errResumeForm
	}
	if now.Unix() >= seconds {
		return "", errResumeExpired
	}
	return contact, nil
}

func cutLast(text string) (before, after string, ok bool) {
	at := strings.LastIndexByte(text, '.')
	if at < 0 {
		return "", "", false
	}
	return text[:at], text[at+1:], true
}

func resumeSignature(key []byte, contact, expiry string, to holder) string {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write(appendParts(nil, contact, expiry, to.instance, to.subject)) // a hash never fails
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// appendParts writes texts one behind the other, each after its length, so that no two lists
// of texts come out the same.
func appendParts(dst []byte, parts ...string) []byte {
	for _, part := range parts {
		dst = binary.AppendUvarint(dst, uint64(len(part)))
		dst = append(dst, part...)
	}
	return dst
}

// continueChat decides on PersistentChat. With [PersistentSigned] it puts the contact's id in
// the place of the resume id.
func (run *policyRun) continueChat(doc *members) *diagnosis.Problem {
	raw := doc.get(connectmodel.PersistentChat)
	switch run.Persistent {
	case PersistentOpen:
		return nil
	case PersistentSigned:
	default:
		if raw == nil {
			return nil
		}
		p := diagnosis.New(diagnosis.PersistentChatOff, "")
		p.Field = connectmodel.PersistentChat
		return p
	}
	err := run.loadKeys(run.request.Context())
	if raw == nil {
		if err != nil {
			// A chat that cannot be continued later is better than none.
			run.log.LogAttrs(run.request.Context(), slog.LevelError, "no resume id can be signed", slog.String("cause", err.Error()))
		}
		return nil
	}
	if err != nil {
		p := diagnosis.New(diagnosis.IdentityUnavailable, "")
		p.Cause = err
		return p
	}
	if raw.Kind() != '{' {
		return nil // the check names the member
	}
	chat := cut(raw)
	if chat.get(sourceContactID).Kind() != '"' {
		return nil // the check names it, too
	}
	contact, err := run.keys.verify(chat.text(sourceContactID), run.holder(doc.text(connectmodel.InstanceID)), time.Now())
	if err != nil {
		p := diagnosis.New(diagnosis.ResumeIDInvalid, "")
		p.Field = connectmodel.PersistentChat + "." + sourceContactID
		p.Cause = fmt.Errorf("checking the resume id: %w", err)
		return p
	}
	chat.set(sourceContactID, quote(contact))
	doc.set(connectmodel.PersistentChat, chat.encode())
	return nil
}

// loadKeys gets the keys of resume ids, for this request's check and for its answer.
func (run *policyRun) loadKeys(ctx context.Context) error {
	texts, err := run.ResumeKeys.Keys(ctx)
	if err != nil {
		return err
	}
	run.keys, err = deriveResumeKeys(texts)
	return err
}

func (run *policyRun) holder(instance string) holder {
	return holder{instance: instance, subject: run.caller.Subject}
}

// resumeID signs the id that the answer carries; "" when there is none.
func (run *policyRun) resumeID(request *Request, result *Result) string {
	if run == nil || len(run.keys) == 0 || result.ContactID == "" {
		return ""
	}
	return run.keys.sign(result.ContactID, run.holder(request.InstanceID), time.Now())
}
