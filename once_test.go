package parley_test

import (
	"os/exec"
	"testing"
)

// Ideas that were once written several times and drifted apart have one place each.
func TestOnce(t *testing.T) {
	t.Parallel()
	for _, needed := range []string{"sh", "git"} {
		if _, err := exec.LookPath(needed); err != nil {
			t.Skipf("tools/once.sh needs %s", needed)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "sh", "tools/once.sh").CombinedOutput(); err != nil {
		t.Errorf("tools/once.sh: %v\n%s", err, out)
	}
}
