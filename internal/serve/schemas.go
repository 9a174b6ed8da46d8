package serve

import (
	"net/http"

	"github.com/parley-chat/parley/internal/partner"
	"github.com/parley-chat/parley/internal/scenario"
	"github.com/parley-chat/parley/internal/settings"
)

// Paths of the JSON Schemas of parley.yaml, of scripts for agents and of scenarios.
const (
	SettingsSchema = "/schema/parley.json"
	AgentSchema    = "/schema/agent.json"
	ScenarioSchema = "/schema/scenario.json"
)

// addSchemas adds the JSON Schemas of the files that people write, for their editors. Each is the one
// of this very program.
func addSchemas(files map[string]http.Handler) error {
	ofSettings, err := settings.Schema()
	if err != nil {
		return err
	}
	for path, text := range map[string][]byte{
		SettingsSchema: ofSettings, AgentSchema: partner.Schema(), ScenarioSchema: scenario.Schema(),
	} {
		files[path] = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/schema+json")
			w.Header().Set("Cache-Control", "no-cache")
			_, _ = w.Write(text) // the caller is gone
		})
	}
	return nil
}
