package serve_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/parley-chat/parley/internal/serve"
)

// A running server has the schemas of the files that people write.
func TestRowB1Schemas(t *testing.T) {
	t.Parallel()
	for path, key := range map[string]string{serve.SettingsSchema: "agentic-cx", serve.AgentSchema: "rules", serve.ScenarioSchema: "steps"} {
		cfg, _ := config(t, "--addr=127.0.0.1:0")
		server, err := serve.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close(t.Context())
		w := ask(server.Handler(), http.MethodGet, "http://localhost"+path)
		var schema struct {
			Schema     string `json:"$schema"`
			Properties map[string]any
		}
		err = json.Unmarshal(w.Body.Bytes(), &schema)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/schema+json" || err != nil || schema.Schema == "" || schema.Properties[key] == nil {
			t.Errorf("%s: %d %v, %v: %.100s", path, w.Code, w.Header(), err, w.Body)
		}
	}
}
