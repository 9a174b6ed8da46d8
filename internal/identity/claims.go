package identity

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"

	"github.com/parley-chat/parley/internal/rawjson"
)

// rules are what is demanded of tokens, and taken from them.
type rules struct {
	issuer, audience string
	leeway, lifetime time.Duration
	mapped           map[string]string // claim to attribute
	reserved         []string          // the attributes of mapped, sorted
}

// claims are what a token says. Times are zero when the token lacks them.
type claims struct {
	issuer, subject, name     string
	party                     string // the application that the token was issued to (azp)
	audience                  []string
	expires, issued, earliest time.Time
	attributes, segments      map[string]string
	customer, related         string
	mapped                    map[string]string // the attributes that claims were mapped to
	milliseconds              []string          // the claims that hold a time in milliseconds

	rules *rules
	// ours marks tokens of the business's own server, whose attributes are taken over.
	ours bool
}

var _ jwt.Claims = (*claims)(nil)

// UnmarshalJSON implements [encoding/json.Unmarshaler]. Members are found by their exact
// names and must not be repeated, and text must be UTF-8, so that nobody can read another
// meaning out of the same token. Its errors are a refusal.
func (c *claims) UnmarshalJSON(text []byte) error {
	payload := jsontext.Value(text)
	if payload.Kind() != '{' || !payload.IsValid() {
		return errMalformed
	}
	for name, value := range rawjson.Members(payload) {
		if inMilliseconds(name, value) {
			c.milliseconds = append(c.milliseconds, name)
			continue
		}
		if err := c.read(name, value); err != nil {
			return err
		}
		if attribute, ok := c.rules.mapped[name]; ok {
			if text, ok := scalar(value); ok {
				if c.mapped == nil {
					c.mapped = map[string]string{}
				}
				c.mapped[attribute] = text
			}
		}
	}
	if len(c.milliseconds) > 0 {
		return milliseconds(c.milliseconds)
	}
	return nil
}

// read takes over one claim.
func (c *claims) read(name string, value jsontext.Value) error {
	switch name {
	case "iss":
		return readText(value, &c.issuer)
	case "sub":
		return readText(value, &c.subject)
	case "azp":
		return readText(value, &c.party)
	case "aud":
		return c.readAudience(value)
	case "exp":
		return readTime(value, &c.expires)
	case "iat":
		return readTime(value, &c.issued)
	case "nbf":
		return readTime(value, &c.earliest)
	case "name":
		if value.Kind() == '"' { // providers may leave it null
			c.name = rawjson.Text(value)
		}
	case "attributes":
		if c.ours {
			return readAttributes(value, &c.attributes)
		}
	case "segmentAttributes":
		if c.ours {
			return readSegments(value, &c.segments)
		}
	case "customerId":
		if c.ours {
			return readMember(value, &c.customer)
		}
	case "relatedContactId":
		if c.ours {
			return readMember(value, &c.related)
		}
	}
	return nil
}

func readText(value jsontext.Value, to *string) error {
	if value.Kind() != '"' {
		return errClaims
	}
	*to = rawjson.Text(value)
	return nil
}

// readMember reads a text that becomes a member of the start. An empty one says nothing, and would
// leave the member to the page.
func readMember(value jsontext.Value, to *string) error {
	if err := readText(value, to); err != nil || *to == "" {
		return errMember
	}
	return nil
}

// readAudience reads one text or an array of them (RFC 7519, section 4.1.3).
func (c *claims) readAudience(value jsontext.Value) error {
	if value.Kind() == '"' {
		c.audience = []string{rawjson.Text(value)}
		return nil
	}
	if value.Kind() != '[' {
		return errClaims
	}
	for item := range rawjson.Items(value) {
		var text string
		if err := readText(item, &text); err != nil {
			return err
		}
		c.audience = append(c.audience, text)
	}
	return nil
}

// lastSecond is the end of the year 9999. In milliseconds it is in the year 1978.
const lastSecond = 253402300799

// inMilliseconds reports whether a claim is a time that JavaScript's Date.now() wrote: as seconds
// it would lie beyond the year 9999, as milliseconds it does not.
func inMilliseconds(name string, value jsontext.Value) bool {
	if name != "iat" && name != "exp" && name != "nbf" || value.Kind() != '0' {
		return false
	}
	n, err := strconv.ParseFloat(string(value), 64)
	return err == nil && n > lastSecond && n <= lastSecond*1000
}

// readTime reads seconds since 1970, maybe with a fraction (RFC 7519, section 2). Times
// outside the years 1970 to 9999 are refused: they would overflow in calculations.
func readTime(value jsontext.Value, to *time.Time) error {
	if value.Kind() != '0' {
		return errClaims
	}
	seconds, err := strconv.ParseFloat(string(value), 64)
	if err != nil || seconds <= 0 || seconds > lastSecond {
		return errClaims
	}
	whole, fraction := math.Modf(seconds)
	*to = time.Unix(int64(whole), int64(fraction*float64(time.Second)))
	return nil
}

// readAttributes reads contact attributes, texts by key.
func readAttributes(value jsontext.Value, to *map[string]string) error {
	if value.Kind() != '{' {
		return errAttribute
	}
	read := map[string]string{}
	for key, text := range rawjson.Members(value) {
		if key == "" || text.Kind() != '"' {
			return errAttribute
		}
		read[key] = rawjson.Text(text)
	}
	*to = read
	return nil
}

// readSegments reads segment attributes as the hosted widget's tokens have them:
// {"connect:Subtype": {"ValueString": "connect:Guide"}}.
func readSegments(value jsontext.Value, to *map[string]string) error {
	if value.Kind() != '{' {
		return errSegments
	}
	read := map[string]string{}
	for key, segment := range rawjson.Members(value) {
		if key == "" || segment.Kind() != '{' {
			return errSegments
		}
		for member, text := range rawjson.Members(segment) {
			if member != "ValueString" || text.Kind() != '"' {
				return errSegments
			}
			read[key] = rawjson.Text(text)
		}
		if _, ok := read[key]; !ok {
			return errSegments
		}
	}
	*to = read
	return nil
}

// scalar returns a text, number or boolean as the text an attribute can hold. A number
// keeps the spelling it has in the token.
func scalar(value jsontext.Value) (string, bool) {
	switch value.Kind() {
	case '"':
		return rawjson.Text(value), true
	case '0', 't', 'f':
		return string(value), true
	default:
		return "", false
	}
}

// caller returns who the token speaks of. A mapped claim wins over an attribute of the same
// key, because the configuration named it.
func (c *claims) caller(subject string) *Caller {
	caller := &Caller{
		Subject: subject, DisplayName: c.name, Attributes: c.attributes, SegmentAttributes: c.segments,
		CustomerID: c.customer, RelatedContactID: c.related, Reserved: c.rules.reserved,
	}
	if caller.Attributes == nil {
		caller.Attributes = c.mapped
	} else {
		maps.Copy(caller.Attributes, c.mapped)
	}
	return caller
}

// names reports whether the aud claim names the audience.
func (c *claims) names(audience string) bool { return slices.Contains(c.audience, audience) }

// issuedAhead reports whether the token comes from the future.
func (c *claims) issuedAhead() bool { return c.issued.After(time.Now().Add(c.rules.leeway)) }

func date(t time.Time) (*jwt.NumericDate, error) {
	if t.IsZero() {
		return nil, nil //nolint:nilnil // how the library asks for "there is none"
	}
	return &jwt.NumericDate{Time: t}, nil
}

// GetExpirationTime implements [jwt.Claims].
func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return date(c.expires) }

// GetIssuedAt implements [jwt.Claims].
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error) { return date(c.issued) }

// GetNotBefore implements [jwt.Claims].
func (c *claims) GetNotBefore() (*jwt.NumericDate, error) { return date(c.earliest) }

// GetIssuer implements [jwt.Claims].
func (c *claims) GetIssuer() (string, error) { return c.issuer, nil }

// GetSubject implements [jwt.Claims].
func (c *claims) GetSubject() (string, error) { return c.subject, nil }

// GetAudience implements [jwt.Claims].
func (c *claims) GetAudience() (jwt.ClaimStrings, error) { return c.audience, nil }
