package awscall

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// AWS Signature Version 4, for the few headers that calls from here have. The SDK's
// own signer does the same for any request there is, at several times the cost; the
// tests hold this one against it.
//
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

const (
	signingAlgorithm = "AWS4-HMAC-SHA256"
	signingTime      = "20060102T150405Z"
)

// signer signs requests. It keeps the key that was used last, which changes once a
// day and with the credentials. The zero value is ready for use.
type signer struct{ last atomic.Pointer[signingKey] }

// signingScope is the part of AWS that a signature is good for.
type signingScope struct{ region, service string }

// signingKey is a key for one day and scope.
type signingKey struct {
	keyID, secret, day string
	of                 signingScope
	// scope is the text of day and scope in the signature.
	scope string
	// pads are ready-made HMACs of the key.
	pads sync.Pool
}

// pad is an HMAC that is keyed already, and room for the texts that are hashed.
type pad struct {
	mac  hash.Hash
	text [1536]byte
}

func (s *signer) key(keys aws.Credentials, day string, scope signingScope) *signingKey {
	if k := s.last.Load(); k != nil && k.day == day && k.keyID == keys.AccessKeyID && k.secret == keys.SecretAccessKey && k.of == scope {
		return k
	}
	sum := []byte("AWS4" + keys.SecretAccessKey)
	for _, part := range []string{day, scope.region, scope.service, "aws4_request"} {
		mac := hmac.New(sha256.New, sum)
		mac.Write([]byte(part))
		sum = mac.Sum(nil)
	}
	k := &signingKey{
		keyID: keys.AccessKeyID, secret: keys.SecretAccessKey, day: day, of: scope,
		scope: day + "/" + scope.region + "/" + scope.service + "/aws4_request",
		pads:  sync.Pool{New: func() any { return &pad{mac: hmac.New(sha256.New, sum)} }},
	}
	s.last.Store(k)
	return k
}

// sign adds the headers of a signature made at the given time. payload is the body's
// SHA-256 in hexadecimal. Of the request's headers it covers those that [exchange]
// sets, but for User-Agent, which intermediaries may change.
func (s *signer) sign(request *http.Request, keys aws.Credentials, payload string, to signingScope, at time.Time) {
	var scratch [len(signingTime)]byte
	date := string(at.UTC().AppendFormat(scratch[:0], signingTime))
	key := s.key(keys, date[:8], to)
	header := request.Header
	header["X-Amz-Date"] = []string{date}
	if keys.SessionToken != "" {
		header["X-Amz-Security-Token"] = []string{keys.SessionToken}
	}
	request.URL.RawQuery = strings.ReplaceAll(request.URL.RawQuery, "+", "%20")

	room, _ := key.pads.Get().(*pad) // the pool holds nothing else
	defer key.pads.Put(room)
	canonical, signed := appendCanonical(room.text[:0], request, payload)
	digest := sha256.Sum256(canonical)

	text := append(canonical[:0], signingAlgorithm+"\n"...)
	text = append(text, date...)
	text = append(text, '\n')
	text = append(text, key.scope...)
	text = append(text, '\n')
	text = hex.AppendEncode(text, digest[:])
	room.mac.Reset()
	room.mac.Write(text)
	signature := room.mac.Sum(digest[:0])

	text = append(text[:0], signingAlgorithm+" Credential="...)
	text = append(text, key.keyID...)
	text = append(text, '/')
	text = append(text, key.scope...)
	text = append(text, ", SignedHeaders="...)
	text = append(text, signed...)
	text = append(text, ", Signature="...)
	text = hex.AppendEncode(text, signature)
	header["Authorization"] = []string{string(text)}
}

// coveredHeaders are the headers that a signature covers, where a request has them,
// sorted as they have to be: the name in the signature, and in [http.Header].
var coveredHeaders = [...][2]string{ //nolint:gochecknoglobals // a constant list
	{"amz-sdk-invocation-id", "Amz-Sdk-Invocation-Id"},
	{"amz-sdk-request", "Amz-Sdk-Request"},
	{"content-length", ""},
	{"content-type", "Content-Type"},
	{"host", ""},
	{"x-amz-date", "X-Amz-Date"},
	{"x-amz-security-token", "X-Amz-Security-Token"},
	{"x-amz-target", "X-Amz-Target"},
}

// appendCanonical writes the text that is signed, and returns the list of the headers
// in it, too. The query has to be sorted and escaped already.
func appendCanonical(b []byte, request *http.Request, payload string) (canonical []byte, signed string) {
	b = append(b, request.Method...)
	b = append(b, '\n')
	b = appendCanonicalPath(b, request.URL.EscapedPath())
	b = append(b, '\n')
	b = append(b, request.URL.RawQuery...)
	b = append(b, '\n')
	var space [128]byte
	list := space[:0]
	for _, name := range coveredHeaders {
		value := ""
		switch name[0] {
		case "content-length":
			if request.ContentLength > 0 {
				value = strconv.FormatInt(request.ContentLength, 10)
			}
		case "host":
			value = request.Host
		default:
			if values := request.Header[name[1]]; len(values) > 0 {
				value = values[0]
			}
		}
		if value == "" {
			continue
		}
		if len(list) > 0 {
			list = append(list, ';')
		}
		list = append(list, name[0]...)
		b = append(b, name[0]...)
		b = append(b, ':')
		b = append(b, strings.TrimSpace(value)...)
		b = append(b, '\n')
	}
	b = append(b, '\n')
	b = append(b, list...)
	b = append(b, '\n')
	return append(b, payload...), string(list)
}

// appendCanonicalPath escapes the path as it is sent once more, as all services but
// Amazon S3 want it.
func appendCanonicalPath(b []byte, path string) []byte {
	const digits = "0123456789ABCDEF"
	if path == "" {
		return append(b, '/')
	}
	for i := range len(path) {
		switch c := path[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			b = append(b, c)
		default:
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return b
}
