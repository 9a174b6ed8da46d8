package serve

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// Credentials that AWS does not take are told of, with what to do; those it takes, and a server that
// ends meanwhile, are not.
func TestB4CredentialsAreChecked(t *testing.T) {
	t.Parallel()
	over, end := context.WithCancel(t.Context())
	end()
	for name, test := range map[string]struct {
		ended bool
		err   error
		want  string
	}{
		"expired": {false, errors.New("ExpiredToken"), "parley doctor --upstream aws"},
		"good":    {false, nil, ""},
		"ended":   {true, errors.New("canceled"), ""},
	} {
		ctx := t.Context()
		if test.ended {
			ctx = over
		}
		var said strings.Builder
		u := &upstream{identity: func(context.Context) error { return test.err }}
		u.checkIdentity(ctx, slog.New(slog.NewTextHandler(&said, nil)))
		if got := said.String(); test.want == "" && got != "" || !strings.Contains(got, test.want) || test.err != nil && test.want != "" && !strings.Contains(got, test.err.Error()) {
			t.Errorf("%s: the log says %q", name, got)
		}
	}
}
