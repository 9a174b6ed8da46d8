package api

import (
	"maps"
	"net/http"
	"os"

	"github.com/parley-chat/parley/internal/diagnosis"
)

// endpoints are all calls of the API. openapi.yaml describes them, and a test holds the two
// against each other.
func (a *API) endpoints() []endpoint {
	return []endpoint{
		{pattern: "GET /api/status", answer: a.status},
		{pattern: "GET /api/openapi.yaml", stream: a.description},
		{pattern: "GET /api/events", stream: a.events},

		{pattern: "GET /api/contacts", needs: embedded, answer: a.listContacts},
		{pattern: "GET /api/contacts/{contact}", needs: embedded, answer: a.getContact},
		{pattern: "PATCH /api/contacts/{contact}", needs: embedded, answer: a.patchContact},
		{pattern: "POST /api/contacts/{contact}/sign-in", needs: embedded, answer: a.signIn},
		{pattern: "POST /api/contacts/{contact}/end", needs: embedded, answer: a.endContact},
		{pattern: "GET /api/contacts/{contact}/transcript", needs: embedded, stream: a.transcript},
		{pattern: "GET /api/contacts/{contact}/flow", needs: embedded | recorder, answer: a.flow},
		{pattern: "GET /api/contacts/{contact}/recorded", needs: embedded | recorder, answer: a.recorded},

		{pattern: "GET /api/desk", needs: embedded, answer: a.getDesk},
		{pattern: "POST /api/desk/agents", needs: embedded, answer: a.addAgent},
		{pattern: "PATCH /api/desk/agents/{agent}", needs: embedded, answer: a.changeAgent},
		{pattern: "DELETE /api/desk/agents/{agent}", needs: embedded, answer: a.removeAgent},
		{pattern: "POST /api/desk/agents/{agent}/accept", needs: embedded, answer: a.accept},
		{pattern: "POST /api/desk/agents/{agent}/reject", needs: embedded, answer: a.reject},
		{pattern: "POST /api/desk/agents/{agent}/take-over", needs: embedded, answer: a.takeOver},
		{pattern: "POST /api/desk/agents/{agent}/supervise", needs: embedded, answer: a.supervise},
		{pattern: "POST /api/desk/agents/{agent}/contacts/{contact}/messages", needs: embedded, answer: a.say},
		{pattern: "POST /api/desk/agents/{agent}/contacts/{contact}/typing", needs: embedded, answer: a.typing},
		{pattern: "POST /api/desk/agents/{agent}/contacts/{contact}/read", needs: embedded, answer: a.read},
		{pattern: "POST /api/desk/agents/{agent}/contacts/{contact}/attachments", needs: embedded, answer: a.sendFile},
		{pattern: "POST /api/desk/agents/{agent}/contacts/{contact}/transfer", needs: embedded, answer: a.transfer},
		{pattern: "POST /api/desk/agents/{agent}/contacts/{contact}/invite", needs: embedded, answer: a.invite},
		{pattern: "POST /api/desk/agents/{agent}/contacts/{contact}/leave", needs: embedded, answer: a.leave},
		{pattern: "POST /api/flow-tests", needs: embedded, answer: a.testFlows},
		{pattern: "GET /api/export", needs: embedded, answer: a.export},
		{pattern: "GET /api/templates", needs: embedded, answer: a.templates},
		{pattern: "GET /api/attachments", needs: embedded, answer: a.listAttachments},
		{pattern: "GET /api/attachments/{file}", needs: embedded, stream: a.attachment},
		{pattern: "POST /api/attachments/{file}/decision", needs: embedded, answer: a.decide},

		{pattern: "POST /api/stop", answer: a.stop},

		{pattern: "GET /api/exchanges", needs: recorder, answer: a.listExchanges},
		{pattern: "DELETE /api/exchanges", needs: recorder, answer: a.clearExchanges},
		{pattern: "GET /api/exchanges.har", needs: recorder, stream: a.har},
		{pattern: "GET /api/exchanges/{exchange}", needs: recorder, answer: a.getExchange},
		{pattern: "GET /api/exchanges/{exchange}/curl", needs: recorder, stream: a.curl},
		{pattern: "POST /api/exchanges/{exchange}/replay", needs: recorder, stream: a.replay},

		{pattern: "GET /api/faults", needs: embedded, answer: a.listFaults},
		{pattern: "POST /api/faults", needs: embedded, answer: a.addFault},
		{pattern: "DELETE /api/faults", needs: embedded, answer: a.clearFaults},
		{pattern: "DELETE /api/faults/{rule}", needs: embedded, answer: a.removeFault},
		{pattern: "POST /api/faults/presets/{preset}", needs: embedded, answer: a.applyPreset},
		{pattern: "GET /api/clock", needs: embedded, answer: a.getClock},
		{pattern: "POST /api/clock", needs: embedded, answer: a.skip},
	}
}

// export answers what was created on the instance.
func (a *API) export(*http.Request) (any, error) {
	type file struct {
		Path    string `json:"path"`
		Content string `json:"content"`
	}
	files, notes := []file{}, []string{}
	if a.cfg.Export != nil {
		made, more, err := a.cfg.Export()
		if err != nil {
			return nil, err
		}
		for _, f := range made {
			files = append(files, file{f.Path, string(f.Content)})
		}
		notes = append(notes, more...)
	}
	return map[string]any{"files": files, "notes": notes}, nil
}

// stop ends the server, which finishes the requests in progress, this one too.
func (a *API) stop(*http.Request) (any, error) {
	if a.cfg.Stop == nil {
		return nil, diagnosis.New(diagnosis.WrongState, "This server belongs to the program that started it.")
	}
	a.cfg.Stop()
	return map[string]any{"stopping": true, "process": os.Getpid()}, nil
}

// status says what the server is and what is going on.
func (a *API) status(*http.Request) (any, error) {
	answer := maps.Clone(a.cfg.Status)
	if answer == nil {
		answer = map[string]any{}
	}
	if a.cfg.Chats != nil {
		answer["activeContacts"] = a.cfg.Chats.ActiveContacts()
		answer["clock"] = a.clock()
		answer["faults"] = len(a.cfg.Faults.List())
	}
	return answer, nil
}

// description answers the API's own description.
func (a *API) description(w http.ResponseWriter, _ *http.Request) error {
	describe(w, "application/yaml")
	_, _ = w.Write(OpenAPI()) // the caller is gone
	return nil
}
