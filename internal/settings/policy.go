package settings

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/connectmodel"
)

// Limits of ChatDurationInMinutes.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_StartChatContact.html
const (
	shortestChat = 60
	longestChat  = 10080
	// customersLongestChat is a day: without it a forgotten chat of a public endpoint counts
	// against the instance's quota for longer than anybody reads it.
	customersLongestChat = 1440
)

// Rate is a number of requests in a time; the zero value is any number.
type Rate struct {
	N   int
	Per time.Duration
}

// String returns "off" or for example "30/5m".
func (r Rate) String() string {
	if r.N == 0 {
		return "off"
	}
	return strconv.Itoa(r.N) + "/" + formatDuration(r.Per)
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (r *Rate) UnmarshalText(text []byte) error {
	if string(text) == "off" {
		*r = Rate{}
		return nil
	}
	count, per, _ := strings.Cut(string(text), "/")
	n, err := strconv.Atoi(count)
	d, timeErr := time.ParseDuration(per)
	if err != nil || timeErr != nil || n < 1 || d <= 0 {
		return errors.New("is neither off nor a number of requests in a time, such as 30/5m")
	}
	*r = Rate{N: n, Per: d}
	return nil
}

// OtherAttributes says what happens to attributes that a page may not set.
type OtherAttributes struct {
	// Reject answers 400.
	Reject bool
	// Prefix, when not empty, keeps them under a key that begins with it. Otherwise they are
	// left out.
	Prefix string
}

// String returns "drop", "reject" or "prefix:TEXT".
func (o OtherAttributes) String() string {
	switch {
	case o.Reject:
		return "reject"
	case o.Prefix != "":
		return "prefix:" + o.Prefix
	}
	return "drop"
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (o *OtherAttributes) UnmarshalText(text []byte) error {
	prefix, isPrefix := strings.CutPrefix(string(text), "prefix:")
	switch {
	case isPrefix && connectmodel.IsAttributeKey(prefix):
		*o = OtherAttributes{Prefix: prefix}
	case string(text) == "drop":
		*o = OtherAttributes{}
	case string(text) == "reject":
		*o = OtherAttributes{Reject: true}
	default:
		return errors.New("is not one of drop, reject, prefix:TEXT (TEXT of letters, digits, - and _)")
	}
	return nil
}

// HasKey reports whether there is a key to check and sign with.
func (s *Settings) HasKey() bool { return s.JWTKeyARN != "" || s.JWTKeyFile != "" }

// OriginRequired returns what require-origin comes to.
func (s *Settings) OriginRequired() bool {
	if s.RequireOrigin == Auto {
		return s.ForCustomers() && s.AuthMode == AuthNone
	}
	return s.RequireOrigin == On
}

// Persistent returns what persistent-chat comes to.
func (s *Settings) Persistent() PersistentChat {
	switch {
	case s.PersistentChat != PersistentAuto:
		return s.PersistentChat
	case !s.ForCustomers():
		return PersistentOpen
	case s.HasKey():
		return PersistentSigned
	}
	return PersistentOff
}

// Pinned reports whether pages may choose among the configured contact flows of the
// configured instance only.
func (s *Settings) Pinned() bool { return s.ForCustomers() || s.Given("allowed-contact-flow-ids") }

// AnyFlow reports whether pages may choose any contact flow of the instance.
func (s *Settings) AnyFlow() bool { return !s.Pinned() || slices.Contains(s.AllowedFlows, "*") }

// AnyAttribute reports whether pages may set any contact attribute.
func (s *Settings) AnyAttribute() bool { return s.any("attribute-allow-list", s.PageAttributes) }

// AnyMember reports whether pages may set any member of StartChatContact.
func (s *Settings) AnyMember() bool { return s.any("allowed-members", s.PageMembers) }

func (s *Settings) any(name string, list []string) bool {
	return slices.Contains(list, "*") || !s.ForCustomers() && !s.Given(name)
}

// LongestChat returns what max-chat-duration comes to, in minutes.
func (s *Settings) LongestChat() int {
	switch {
	case s.MaxDuration != 0:
		return s.MaxDuration
	case s.ForCustomers():
		return customersLongestChat
	}
	return longestChat
}

// Claims returns jwt-claim-attributes by claim.
func (s *Settings) Claims() map[string]string {
	claims := map[string]string{}
	for _, pair := range s.ClaimAttributes {
		claim, attribute, _ := strings.Cut(pair, "=")
		claims[claim] = attribute
	}
	return claims
}

// validatePolicy checks the settings of a public endpoint.
func (l *loader) validatePolicy() {
	s := l.settings
	for _, flow := range s.AllowedFlows {
		if flow != "*" {
			l.check("allowed-contact-flow-ids", flow, checkFlow)
		}
	}
	for _, pair := range s.ClaimAttributes {
		l.check("jwt-claim-attributes", pair, checkClaim)
	}
	for _, key := range s.PageAttributes {
		l.check("attribute-allow-list", key, require(key == "*" || connectmodel.IsAttributeKey(key), "is not a key of letters, digits, - and _"))
	}
	l.check("jwt-key-arn", s.JWTKeyARN, optional(checkSecret))
	l.check("jwt-jwks-url", s.JWKSURL, optional(checkURL))
	l.check("jwt-issuer", s.JWTIssuer, optional(checkURL))
	for name, minutes := range map[string]int{"max-chat-duration": s.MaxDuration, "default-chat-duration": s.DefaultDuration} {
		l.check(name, strconv.Itoa(minutes), require(minutes == 0 || minutes >= shortestChat && minutes <= longestChat,
			fmt.Sprintf("is neither 0 nor a number of minutes from %d to %d", shortestChat, longestChat)))
	}
	l.check("default-chat-duration", strconv.Itoa(s.DefaultDuration), require(s.DefaultDuration <= s.LongestChat(),
		"is longer than the longest chat, max-chat-duration"))
	l.check("trusted-proxies", strconv.Itoa(s.TrustedProxies), require(s.TrustedProxies >= 0, "must not be negative"))
	l.check("drain-delay", formatDuration(s.DrainDelay), require(s.DrainDelay >= 0, "must not be negative"))
	l.validateKeys()
	l.validateForCustomers()
}

// validateKeys checks that what a kind of token needs is there.
func (l *loader) validateKeys() {
	s := l.settings
	l.check("jwt-key-file", s.JWTKeyFile, require(s.JWTKeyFile == "" || s.JWTKeyARN == "", "and jwt-key-arn are two places of one key; give one"))
	l.check("auth-mode", string(s.AuthMode), require(s.AuthMode != AuthHS256 || s.HasKey(), "needs the key: "+l.name("jwt-key-arn")))
	l.check("auth-mode", string(s.AuthMode), require(s.AuthMode != AuthOIDC || s.JWTIssuer != "" && s.JWTAudience != "",
		"needs "+l.name("jwt-issuer")+" and "+l.name("jwt-audience")))
	l.check("persistent-chat", string(s.PersistentChat), require(s.PersistentChat != PersistentSigned || s.HasKey(),
		"needs a key to sign with: "+l.name("jwt-key-arn")))
	l.check("jwt-claim-attributes", strings.Join(s.ClaimAttributes, ","), require(len(s.ClaimAttributes) == 0 || s.AuthMode != AuthNone,
		"needs tokens to take claims from: "+l.name("auth-mode")))
}

// validateForCustomers checks what only a server for customers needs: pages do not choose
// instance and contact flow there, so the settings have to.
func (l *loader) validateForCustomers() {
	s := l.settings
	if !s.ForCustomers() || l.bad["addr"] || l.bad["upstream"] {
		return
	}
	l.check("instance-id", s.InstanceID, require(s.InstanceID != "", "is missing: customers' pages do not choose the instance"))
	l.check("contact-flow-id", s.ContactFlowID, require(s.ContactFlowID != "" || len(s.AllowedFlows) > 0,
		"is missing: customers' pages do not choose any contact flow"))
	if s.inLambda {
		l.check("allow-origin", "", require(len(s.AllowOrigins) > 0,
			"is missing: name the origins of your pages, such as https://www.example.com"))
	}
}

func checkClaim(pair string) error {
	claim, attribute, found := strings.Cut(pair, "=")
	if !found || claim == "" || !connectmodel.IsAttributeKey(attribute) {
		return fault("is not CLAIM=ATTRIBUTE, such as email=customerEmail")
	}
	return nil
}

// checkSecret demands the ARN of a secret, because its name alone does not say the Region.
func checkSecret(text string) error {
	if a, _ := arn.Parse(text); a.Secret() == "" {
		return fault("is not the ARN of a secret: arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME")
	}
	return nil
}
