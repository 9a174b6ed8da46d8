package hint_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/hint"
)

type hinted struct {
	error
	hint string
}

func (h *hinted) Hint() string { return h.hint }

func TestOf(t *testing.T) {
	t.Parallel()
	plain := errors.New("the port is in use")
	hinted := &hinted{plain, "choose another with --addr"}
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"none":    {nil, ""},
		"plain":   {plain, ""},
		"hinted":  {hinted, "choose another with --addr"},
		"wrapped": {fmt.Errorf("listening: %w", hinted), "choose another with --addr"},
		"joined":  {errors.Join(plain, hinted), "choose another with --addr"},
	} {
		if got := hint.Of(test.err); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
