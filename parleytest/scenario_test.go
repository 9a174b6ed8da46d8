package parleytest_test

import (
	"testing"

	"github.com/parley-chat/parley/parleytest"
)

func TestRowS8Scenarios(t *testing.T) {
	t.Parallel()
	parleytest.RunScenarios(t, "../examples/flows", "../examples/flows/tests/default.scenario.yaml")
	parleytest.RunScenarios(t, "../examples/flows", "../examples/flows/tests/sign-in.scenario.yaml")
}
