package awsfake

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	timeFormat = "20060102T150405Z"
	// tolerance is how far a signing time may be off, as AWS says in its errors.
	tolerance = 5 * time.Minute
)

// keyPair is an access key the endpoint accepts.
type keyPair struct{ id, secret, session string }

// keyring holds the accepted keys and the signing keys derived from them.
type keyring struct {
	mu      sync.RWMutex
	pairs   map[string]keyPair
	derived map[string]*signingKey // by the credential string, which names key, day, Region and service
}

// signingKey hands out HMACs that are already keyed.
type signingKey struct{ macs sync.Pool }

// add accepts a key from now on.
func (k *keyring) add(pair keyPair) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.pairs == nil {
		k.pairs, k.derived = map[string]keyPair{}, map[string]*signingKey{}
	}
	k.pairs[pair.id] = pair
}

func (k *keyring) pair(id string) (keyPair, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	pair, ok := k.pairs[id]
	return pair, ok
}

// signing returns the key of a credential scope.
func (k *keyring) signing(credential, secret string, scope [4]string) *signingKey {
	k.mu.RLock()
	key := k.derived[credential]
	k.mu.RUnlock()
	if key != nil {
		return key
	}
	sum := []byte("AWS4" + secret)
	for _, part := range scope {
		mac := hmac.New(sha256.New, sum)
		mac.Write([]byte(part))
		sum = mac.Sum(nil)
	}
	key = &signingKey{macs: sync.Pool{New: func() any { return hmac.New(sha256.New, sum) }}}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.derived) > 1000 { // callers with ever new scopes must not fill the memory
		clear(k.derived)
	}
	k.derived[strings.Clone(credential)] = key
	return key
}

// authorization is a parsed Authorization header.
type authorization struct {
	credential, keyID        string
	scope                    [4]string // date, Region, service, "aws4_request"
	signedHeaders, signature string
}

// parseAuthorization takes the header apart. A credential is the key's id and the four parts of its
// scope, which are cut from the end.
func parseAuthorization(header string) (authorization, bool) {
	rest, ok := strings.CutPrefix(header, algorithm+" ")
	if !ok {
		return authorization{}, false
	}
	var auth authorization
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Credential":
			auth.credential = value
		case "SignedHeaders":
			auth.signedHeaders = value
		case "Signature":
			auth.signature = value
		}
	}
	rest = auth.credential
	for i := len(auth.scope) - 1; i >= 0; i-- {
		at := strings.LastIndexByte(rest, '/')
		if at < 0 {
			return authorization{}, false
		}
		auth.scope[i], rest = rest[at+1:], rest[:at]
	}
	auth.keyID = rest
	return auth, rest != "" && auth.signedHeaders != "" && auth.signature != ""
}

// verify checks a request's signature against the service and Regions it may be
// signed for. It returns the fault AWS would answer, or nil.
func (e *Endpoint) verify(r *http.Request, body []byte, service string, now time.Time) *fault {
	header := r.Header.Get("Authorization")
	if header == "" {
		return forbidden("MissingAuthenticationTokenException", "Missing Authentication Token")
	}
	auth, ok := parseAuthorization(header)
	if !ok {
		return forbidden("IncompleteSignatureException", "Authorization header requires existence of "+
			"'Credential', 'Signature' and 'SignedHeaders' parameters.")
	}
	pair, ok := e.keys.pair(auth.keyID)
	if !ok || subtle.ConstantTimeCompare([]byte(r.Header.Get("X-Amz-Security-Token")), []byte(pair.session)) != 1 {
		return forbidden("UnrecognizedClientException", "The security token included in the request is invalid.")
	}
	e.mu.Lock()
	expired := e.expired
	e.mu.Unlock()
	if expired {
		return forbidden("ExpiredTokenException", "The security token included in the request is expired")
	}
	if bad := e.checkScope(auth, service); bad != nil {
		return bad
	}
	date := r.Header.Get("X-Amz-Date")
	if bad := checkDate(date, auth.scope[0], now); bad != nil {
		return bad
	}
	if bad := checkSignedHeaders(r, auth.signedHeaders); bad != nil {
		return bad
	}
	payload := sha256.Sum256(body)
	if claimed := r.Header.Get("X-Amz-Content-Sha256"); claimed != "" && claimed != hex.EncodeToString(payload[:]) {
		return signatureMismatch()
	}
	canonical := appendCanonicalRequest(make([]byte, 0, 1024), r, auth.signedHeaders, payload)
	key := e.keys.signing(auth.credential, pair.secret, auth.scope)
	if !key.matches(auth, date, canonical) {
		return signatureMismatch()
	}
	return nil
}

// checkScope checks what the signature is for. IAM has one Region, us-east-1, wherever it is called from.
func (e *Endpoint) checkScope(auth authorization, service string) *fault {
	region := e.config.Region
	if service == serviceIAM {
		region = "us-east-1"
	}
	switch {
	case auth.scope[3] != "aws4_request":
		return forbidden("InvalidSignatureException", "Credential should be scoped with a valid terminator: 'aws4_request', not '"+auth.scope[3]+"'.")
	case auth.scope[1] != region:
		return forbidden("InvalidSignatureException", "Credential should be scoped to a valid region.")
	case auth.scope[2] != service:
		return forbidden("InvalidSignatureException", "Credential should be scoped to correct service: '"+service+"'.")
	}
	return nil
}

// checkDate checks the signing time, and refuses it in AWS's words.
func checkDate(date, day string, now time.Time) *fault {
	signed, err := time.Parse(timeFormat, date)
	if err != nil {
		return forbidden("IncompleteSignatureException", "Authorization header requires existence of either a "+
			"'X-Amz-Date' or a 'Date' header.")
	}
	if !strings.HasPrefix(date, day+"T") {
		return forbidden("InvalidSignatureException", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP")
	}
	now = now.UTC()
	if signed.Before(now.Add(-tolerance)) {
		return forbidden("InvalidSignatureException", "Signature expired: "+date+" is now earlier than "+
			now.Add(-tolerance).Format(timeFormat)+" ("+now.Format(timeFormat)+" - 5 min.)")
	}
	if signed.After(now.Add(tolerance)) {
		return forbidden("InvalidSignatureException", "Signature not yet current: "+date+" is still later than "+
			now.Add(tolerance).Format(timeFormat)+" ("+now.Format(timeFormat)+" + 5 min.)")
	}
	return nil
}

// checkSignedHeaders refuses signatures that leave out what AWS wants covered: the
// host and every x-amz- header of the request.
//
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func checkSignedHeaders(r *http.Request, signed string) *fault {
	if !slices.IsSorted(strings.Split(signed, ";")) {
		return signatureMismatch()
	}
	covered := ";" + signed + ";"
	if !strings.Contains(covered, ";host;") {
		return forbidden("InvalidSignatureException", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for name := range r.Header {
		if len(name) > 6 && name[:6] == "X-Amz-" && !strings.Contains(covered, ";"+strings.ToLower(name)+";") {
			return forbidden("InvalidSignatureException", "'"+name+"' must be a 'SignedHeader' in the AWS Authorization.")
		}
	}
	return nil
}

// matches reports whether a signature is that of a request in its canonical form, whose memory it uses.
func (k *signingKey) matches(auth authorization, date string, canonical []byte) bool {
	digest := sha256.Sum256(canonical)
	text := canonical[:0]
	text = append(text, algorithm+"\n"...)
	text = append(text, date...)
	for i, part := range auth.scope {
		text = append(text, "\n/"[min(i, 1)])
		text = append(text, part...)
	}
	text = append(text, '\n')
	text = hex.AppendEncode(text, digest[:])

	mac, ok := k.macs.Get().(hash.Hash)
	if !ok {
		return false
	}
	defer k.macs.Put(mac)
	mac.Reset()
	mac.Write(text)
	var sum [sha256.Size]byte
	var given [sha256.Size]byte
	if len(auth.signature) != 2*len(given) {
		return false
	}
	if _, err := hex.Decode(given[:], []byte(auth.signature)); err != nil {
		return false
	}
	return hmac.Equal(mac.Sum(sum[:0]), given[:])
}

// appendCanonicalRequest writes the text that a signature covers.
func appendCanonicalRequest(b []byte, r *http.Request, signed string, payload [sha256.Size]byte) []byte {
	b = append(b, r.Method...)
	b = append(b, '\n')
	b = appendEscaped(b, orSlash(r.URL.EscapedPath()), true)
	b = append(b, '\n')
	b = appendCanonicalQuery(b, r.URL.RawQuery)
	b = append(b, '\n')
	for name := range strings.SplitSeq(signed, ";") {
		b = append(b, name...)
		b = append(b, ':')
		b = appendHeaderValue(b, r, name)
		b = append(b, '\n')
	}
	b = append(b, '\n')
	b = append(b, signed...)
	b = append(b, '\n')
	return hex.AppendEncode(b, payload[:])
}

// appendHeaderValue writes a header as it is signed: its values with commas between them, and runs of
// spaces as one. Host and length are no longer among the headers of a request that was received.
func appendHeaderValue(b []byte, r *http.Request, name string) []byte {
	switch name {
	case "host":
		return append(b, r.Host...)
	case "content-length":
		return strconv.AppendInt(b, r.ContentLength, 10)
	}
	for i, value := range r.Header[http.CanonicalHeaderKey(name)] {
		if i > 0 {
			b = append(b, ',')
		}
		if !strings.Contains(value, "  ") {
			b = append(b, strings.TrimSpace(value)...)
			continue
		}
		b = append(b, strings.Join(strings.FieldsFunc(value, func(c rune) bool { return c == ' ' }), " ")...)
	}
	return b
}

// appendCanonicalQuery writes the parameters in their order, encoded as AWS does.
func appendCanonicalQuery(b []byte, raw string) []byte {
	if raw == "" {
		return b
	}
	var pairs []string
	for part := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, canonicalText(name)+"="+canonicalText(value))
	}
	slices.Sort(pairs)
	return append(b, strings.Join(pairs, "&")...)
}

func canonicalText(escaped string) string {
	text, err := url.QueryUnescape(escaped)
	if err != nil {
		text = escaped
	}
	return string(appendEscaped(nil, text, false))
}

// appendEscaped percent-encodes everything but RFC 3986's unreserved characters.
func appendEscaped(b []byte, text string, keepSlash bool) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(text) {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '-', c == '_', c == '.', c == '~', c == '/' && keepSlash:
			b = append(b, c)
		default:
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return b
}

func orSlash(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

func forbidden(name, message string) *fault {
	return &fault{status: http.StatusForbidden, name: name, message: message}
}

func signatureMismatch() *fault {
	return forbidden("InvalidSignatureException", "The request signature we calculated does not match the signature you provided. "+
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
}
