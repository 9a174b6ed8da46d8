package identity

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/secret"
)

// DefaultLifetime is how long a token of [Mint] lives when nothing else is said.
const DefaultLifetime = 5 * time.Minute

// Claims are what a token of [Mint] says. Empty members are left out.
type Claims struct {
	// Subject is the customer, or the widget when there is no Audience.
	Subject string
	// Audience and Issuer are what the server demands, if it does.
	Audience, Issuer string
	// Name becomes the customer's display name.
	Name string
	// Attributes become contact attributes.
	Attributes map[string]string
	// SegmentAttributes become segment attributes, each a ValueString.
	SegmentAttributes map[string]string
	// Lifetime is the time until the token expires; zero means [DefaultLifetime], and
	// [DefaultMaxLifetime] is the most.
	Lifetime time.Duration
}

// Mint signs an HS256 token, for tests and for trying a server out: in production the
// business's own server does it, once it knows who the customer is.
func Mint(key secret.Text, c Claims) (string, error) {
	if err := CheckKeys([]secret.Text{key}); err != nil {
		return "", fmt.Errorf("making a token: %w", err)
	}
	lifetime := cmp.Or(c.Lifetime, DefaultLifetime)
	if lifetime < time.Second || lifetime > DefaultMaxLifetime {
		return "", fmt.Errorf("making a token: the lifetime %v is not between 1s and %v, which is all that servers accept",
			lifetime, DefaultMaxLifetime)
	}
	now := time.Now()
	said := jwt.MapClaims{"iat": now.Unix(), "exp": now.Add(lifetime).Unix()}
	for name, value := range map[string]string{"sub": c.Subject, "aud": c.Audience, "iss": c.Issuer, "name": c.Name} {
		if value != "" {
			said[name] = value
		}
	}
	if len(c.Attributes) > 0 {
		for attribute := range c.Attributes {
			if !connectmodel.IsAttributeKey(attribute) {
				return "", fmt.Errorf("making a token: the attribute %q is not a key of letters, digits, - and _", attribute)
			}
		}
		said["attributes"] = c.Attributes
	}
	if len(c.SegmentAttributes) > 0 {
		segments := map[string]map[string]string{}
		for segment, value := range c.SegmentAttributes {
			segments[segment] = map[string]string{"ValueString": value}
		}
		said["segmentAttributes"] = segments
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, said).SignedString([]byte(key.Reveal()))
	if err != nil {
		return "", fmt.Errorf("making a token: %w", err)
	}
	if len(token) > maxToken {
		return "", errors.New("making a token: it would be longer than 16 KiB, which is all that servers accept")
	}
	return token, nil
}
