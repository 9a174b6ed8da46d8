package participant_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/parley-chat/parley/internal/fidelity"
	"github.com/parley-chat/parley/internal/participant"
)

// Every action that is served is described, and nothing is that is not served.
func TestFidelityNamesEveryAction(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile(filepath.Join("service.go"))
	if err != nil {
		t.Fatal(err)
	}
	served := []string{"CreateParticipantConnection"}
	for _, match := range regexp.MustCompile(`(?:post|s\.act)\("(\w+)"`).FindAllSubmatch(source, -1) {
		served = append(served, string(match[1]))
	}
	var described []string
	for _, entry := range participant.Fidelity() {
		if entry.Area == "Participant Service: actions" {
			described = append(described, entry.Name)
		}
		if entry.Source == fidelity.Guessed && entry.Name == "" {
			t.Errorf("an entry without a name: %+v", entry)
		}
	}
	slices.Sort(served)
	slices.Sort(described)
	if !slices.Equal(served, described) || len(served) != 11 {
		t.Errorf("served: %v\ndescribed: %v", served, described)
	}
}
