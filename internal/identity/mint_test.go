package identity_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/identity"
	"github.com/parley-chat/parley/internal/secret"
)

func TestMintedTokensAreAccepted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		config := sharedConfig()
		config.Issuer = "https://shop.example"
		for name, test := range map[string]struct {
			claims identity.Claims
			want   identity.Caller
			lives  time.Duration
		}{
			"widget": {identity.Claims{Subject: widget, Issuer: config.Issuer}, identity.Caller{}, identity.DefaultLifetime},
			"customer": {
				identity.Claims{
					Subject: "u-1", Audience: widget, Issuer: config.Issuer, Name: "Ana", Attributes: map[string]string{"plan": "gold"},
					SegmentAttributes: map[string]string{"connect:Subtype": "connect:Guide"}, Lifetime: 10 * time.Minute,
				},
				identity.Caller{
					Subject: "u-1", DisplayName: "Ana", Attributes: map[string]string{"plan": "gold"},
					SegmentAttributes: map[string]string{"connect:Subtype": "connect:Guide"},
				},
				10 * time.Minute,
			},
			"a second": {identity.Claims{Subject: widget, Issuer: config.Issuer, Lifetime: time.Second}, identity.Caller{}, time.Second},
		} {
			gate := newGate(t, config)
			token, err := identity.Mint(secret.New(currentKey), test.claims)
			if err != nil {
				t.Fatal(err)
			}
			test.want.Reserved = []string{"customerEmail", "tier", "vip"}
			got := gate.present(token)
			if diff := cmp.Diff(&test.want, got.caller); diff != "" {
				t.Errorf("%s: %+v (-want +got):\n%s\n%s", name, got, diff, gate.log)
			}
			<-time.After(test.lives + identity.DefaultLeeway)
			if got := gate.present(token); got.rule != "token-expired" {
				t.Errorf("%s, after its time: %+v", name, got)
			}
		}
	})
}

func TestMintRefuses(t *testing.T) {
	t.Parallel()
	key := secret.New(currentKey)
	for name, test := range map[string]struct {
		key    secret.Text
		claims identity.Claims
		want   string
	}{
		"short key":      {secret.New("short-canary"), identity.Claims{}, "12 bytes and needs 32"},
		"no key":         {secret.Text{}, identity.Claims{}, "0 bytes and needs 32"},
		"an hour":        {key, identity.Claims{Lifetime: time.Hour}, "1h0m0s is not between 1s and 10m0s"},
		"no time":        {key, identity.Claims{Lifetime: time.Millisecond}, "1ms is not between"},
		"negative":       {key, identity.Claims{Lifetime: -time.Minute}, "-1m0s is not between"},
		"attribute name": {key, identity.Claims{Attributes: map[string]string{"e mail": "x"}}, `"e mail" is not a key`},
		"huge":           {key, identity.Claims{Attributes: map[string]string{"a": strings.Repeat("x", 16<<10)}}, "longer than 16 KiB"},
	} {
		token, err := identity.Mint(test.key, test.claims)
		if err == nil || !strings.Contains(err.Error(), test.want) || token != "" {
			t.Errorf("%s: %q, %v; want an error with %q", name, token, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: a key in %v", name, err)
		}
	}
}
