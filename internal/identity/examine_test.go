package identity_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/identity"
)

// Examining finds what would keep tokens from being checked, and says how the issuer is written.
func TestC2Examine(t *testing.T) {
	t.Parallel()
	named := func(changes map[string]any) func(*idp) {
		return func(p *idp) { p.document = maps.Clone(changes) }
	}
	for name, test := range map[string]struct {
		change       func(*idp)
		fixed        bool
		found, fault string
		remedy       string
	}{
		"all is well":            {found: "names itself so; 2 keys at https://idp.example/tenant/keys"},
		"keys are configured":    {fixed: true, found: "2 keys"},
		"slash":                  {change: named(map[string]any{"issuer": "https://idp.example/tenant/"}), fault: "names itself", remedy: "to https://idp.example/tenant/"},
		"slash, keys configured": {change: named(map[string]any{"issuer": "https://idp.example/tenant/"}), fixed: true, fault: "names itself", remedy: "to https://idp.example/tenant/"},
		"host":                   {change: named(map[string]any{"issuer": "https://login.example"}), fault: "names itself", remedy: "to https://login.example"},
		"host that is none":      {change: named(map[string]any{"issuer": "evil\nline"}), fault: "names itself", remedy: "exactly as the provider writes it"},
		"nothing there":          {change: func(p *idp) { p.broken = http.NotFound }, fault: "status 404", remedy: "exactly as"},
		"down":                   {change: func(p *idp) { p.broken = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) } }, fault: "status 503"},
		"no keys":                {change: func(p *idp) { p.raw = `{"keys":[]}` }, fault: "holds no keys"},
		"keys are a page":        {change: func(p *idp) { p.raw = "<html>" }, fault: "holds no keys"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider := newIDP()
			if test.change != nil {
				test.change(provider)
			}
			config := provider.inMemory()
			if test.fixed {
				config.JWKSURL = provider.issuer + "/keys"
			}
			found, err := identity.Examine(t.Context(), config)
			if (err != nil) != (test.fault != "") || err != nil && !strings.Contains(err.Error(), test.fault) || !strings.Contains(found, test.found) {
				t.Fatalf("found %q, error %v", found, err)
			}
			if err != nil && (!strings.Contains(hint.Of(err), test.remedy) || strings.ContainsAny(err.Error()+hint.Of(err), "\n")) {
				t.Errorf("remedy %q of %v, want %q", hint.Of(err), err, test.remedy)
			}
		})
	}
}
