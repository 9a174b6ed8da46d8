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

// SchemaLine is the line by which a file of YAML names its schema to editors: where it is while a server
// runs at its usual address.
func SchemaLine(path string) string {
	return "# yaml-language-server: $schema=http://localhost:3000" + path + "\n"
}

// addSchemas adds the JSON Schemas of the files that people write, for their editors. Each is the one
// of this very program, made when it is asked for.
func addSchemas(files map[string]http.Handler) {
	for path, schema := range map[string]func() []byte{
		SettingsSchema: settings.Schema, AgentSchema: partner.Schema, ScenarioSchema: scenario.Schema,
	} {
		files[path] = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/schema+json")
			w.Header().Set("Cache-Control", "no-cache")
			_, _ = w.Write(schema()) // the caller is gone
		})
	}
}
