package cli

import (
	"runtime/debug"
	"testing"
)

// A rate of the garbage collector that the environment names stays, and the usual one comes back.
func TestGarbage(t *testing.T) { // not parallel: the rate is the process's
	const given = 37
	defer debug.SetGCPercent(debug.SetGCPercent(given))
	rate := func() int { // there is no way to read it but to set it
		now := debug.SetGCPercent(given)
		debug.SetGCPercent(now)
		return now
	}
	usual := allowGarbage(&Env{Environ: []string{"GOGC=37"}})
	if now := rate(); now != given {
		t.Errorf("%d instead of the user's own", now)
	}
	usual()
	if now := rate(); now != given {
		t.Errorf("%d after a run with the user's own", now)
	}
	usual = allowGarbage(&Env{})
	if now := rate(); now <= given {
		t.Errorf("%d during a run", now)
	}
	usual()
	if now := rate(); now != given {
		t.Errorf("%d after a run", now)
	}
}
