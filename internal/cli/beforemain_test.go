package cli_test

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
)

// What the packages make before main runs stays in memory for good, counts twice in the peak (the
// collector lets the heap double), and delays every command: forms and tables that not every run needs
// are made when they are first asked for.
func TestPackagesMakeLittleBeforeMain(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	again := exec.CommandContext(t.Context(), program, "-test.run=^$")
	again.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := again.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const most = 48 << 10
	ours := regexp.MustCompile(`(?m)^init github\.com/parley-chat/parley/(\S+) .* (\d+) bytes, \d+ allocs$`).FindAllSubmatch(out, -1)
	if len(ours) < 5 {
		t.Fatalf("%d of our packages make something, which cannot be:\n%s", len(ours), out)
	}
	for _, of := range ours {
		if bytes, err := strconv.Atoi(string(of[2])); err != nil || bytes > most {
			t.Errorf("%s makes %s bytes before main runs, more than %d", of[1], of[2], most)
		}
	}
}
