package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/emulator"
)

// stage is a world in which there is one of everything.
type stage struct {
	*world
	ann, bob       string // agents
	chat, waits    *customer
	file, exchange string
	frame, rule    string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	w := newWorld(t, setup{emulator: emulator.Config{HoldAttachments: true}})
	s := &stage{world: w, ann: w.hire("Ann"), bob: w.hire("Bob")}
	s.chat, s.waits = w.accepted(s.ann), w.open("")
	s.file = s.chat.upload("scan.txt", "text/plain", "abc")
	s.chat.say("hello")
	s.exchange = s.newest("kind=http&q=SendMessage")
	s.frame = s.newest("kind=frame")
	s.rule = w.must(http.MethodPost, "/api/faults", map[string]any{"action": "StopContact", "effect": map[string]any{"type": "throttle"}}).text("id")
	return s
}

// newest returns the id of the newest exchange that a query chooses.
func (w *world) newest(query string) string {
	w.t.Helper()
	all := w.get("/api/exchanges?limit=1&" + query)
	return all.text("exchanges", 0, "id")
}

// at fills in the address of a call.
func (s *stage) at(o *operation) string {
	return strings.NewReplacer(
		"{contact}", s.chat.id, "{agent}", s.ann, "{file}", s.file, "{exchange}", s.exchange, "{rule}", s.rule, "{preset}", "deploy",
	).Replace(o.path)
}

// bodies are calls that are as they should be.
func (s *stage) bodies() map[string]map[string]any {
	return map[string]map[string]any{
		"changeContact":    {"attributes": map[string]any{"a": "b"}},
		"signInContact":    {"displayName": "Ada"},
		"addAgents":        {"name": "Cem", "state": "away", "capacity": 3, "autoAccept": true, "script": "echo", "count": 2},
		"changeAgent":      {"state": "away", "capacity": 2, "autoAccept": false},
		"acceptContact":    {"contactId": s.waits.id},
		"rejectContact":    {"contactId": s.waits.id},
		"superviseContact": {"contactId": s.waits.id},
		"takeOverContact":  {"contactId": s.waits.id},
		"sayAsAgent":       {"contentType": "text/plain", "content": "x"},
		"readAsAgent":      {"messageId": "x"},
		"transferContact":  {"queueId": "Default"},
		"inviteAgent":      {"agentId": s.ann, "afterSeconds": 1},
		"decideAttachment": {"approve": true},
		"replayExchange":   {"method": "POST", "path": "/participant/message", "headers": map[string]any{"A": "b"}, "body": "{}"},
		"addFault": {
			"name": "n", "action": "SendMessage", "contactId": "c", "percent": 50, "times": 1, "forMs": 1000,
			"effect": map[string]any{"type": "status", "status": 500, "error": "OddException", "message": "m"},
		},
		"skipTime":  {"skipMs": 1},
		"testFlows": {"name": "a.scenario.yaml", "content": "scenario: a\n"},
	}
}

// What is no JSON object of the members that a call has is refused.
func TestRefusesBodies(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	bodies, checked := s.bodies(), 0
	for _, o := range theContract().operations {
		good, ok := bodies[o.id]
		if takes := object(object(o.object["requestBody"])["content"])["application/json"] != nil; takes != ok {
			t.Errorf("%s: this test knows no body for it", o.id)
		}
		if !ok {
			continue
		}
		text, err := json.Marshal(good)
		if err != nil {
			t.Fatal(err)
		}
		for name, body := range map[string]string{
			"list": "[]", "null": "null", "text": `"x"`, "number": "1", "half": string(text[:len(text)-1]), "two": string(text) + string(text),
			"unknown member":   `{"nosuch":1,` + string(text[1:]),
			"duplicate member": `{"nosuch":1,"nosuch":2}`,
			"not UTF-8":        strings.Replace(string(text), `":"`, "\":\"\xff", 1),
			"deep":             strings.Repeat(`{"a":`, 20_000),
			"HTML":             "<html>",
		} {
			if name == "not UTF-8" && !strings.Contains(body, "\xff") {
				continue
			}
			if got := s.call(o.method, s.at(o), body); got.Status != 400 || got.text("code") != "BadRequest" || len(got.Body) > 2000 {
				t.Errorf("%s, %s: %d %s", o.id, name, got.Status, got.Body)
			}
		}
		for member := range good {
			for _, wrong := range wrongFor(good[member]) {
				changed := maps.Clone(good)
				changed[member] = wrong
				body, err := json.Marshal(changed)
				if err != nil {
					t.Fatal(err)
				}
				got := s.call(o.method, s.at(o), string(body))
				if got.Status != 400 || got.text("code") != "BadRequest" || !strings.HasPrefix(got.text("field"), member) {
					t.Errorf("%s, %s: %d %s", o.id, body, got.Status, got.Body)
				}
				if theContract().checkRequest(o, body) == nil {
					t.Errorf("%s: the description allows %s", o.id, body)
				}
				checked++
			}
			other := strings.ToUpper(member[:1]) + member[1:]
			if got := s.call(o.method, s.at(o), `{"`+other+`":null}`); got.Status != 400 || got.text("field") != other {
				t.Errorf("%s, %s: %d %s", o.id, other, got.Status, got.Body)
			}
		}
	}
	if checked < 100 {
		t.Errorf("only %d members were checked", checked)
	}
}

// wrongFor returns values of other types.
func wrongFor(good any) []any {
	all := []any{"x", 1, 1.5, true, []any{}, map[string]any{"nosuch": 1}, 1e30}
	switch good.(type) {
	case string:
		return slices.Delete(all, 0, 1)
	case int:
		return slices.Delete(all, 1, 2)
	case bool:
		return slices.Delete(all, 3, 4)
	}
	return all
}

// Bodies that are too large are refused, whether their length is told or not.
func TestRefusesLargeBodies(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, o := range theContract().operations {
		if object(o.object["responses"])["413"] == nil {
			if o.method != http.MethodGet && o.object["requestBody"] != nil {
				t.Errorf("%s says of no body that it is too large", o.id)
			}
			continue
		}
		size, path := api.MaxBody+1, s.at(o)
		if o.id == "sendFileAsAgent" {
			size, path = 20<<20+1, path+"?name=a.txt"
		}
		for _, told := range []bool{true, false} {
			if o.id == "sendFileAsAgent" && !told {
				continue
			}
			// Without a network: a server may close the connection before it has everything.
			request := httptest.NewRequest(o.method, "http://"+s.host+path, io.LimitReader(blanks{}, int64(size)))
			if request.ContentLength = -1; told {
				request.ContentLength = int64(size)
			}
			request.Header.Set("Authorization", "Bearer "+adminToken)
			recorder := httptest.NewRecorder()
			s.whole.ServeHTTP(recorder, request)
			got := answer{t, recorder.Code, recorder.Header(), recorder.Body.Bytes()}
			s.hold(o.method, path[:strings.IndexByte(path+"?", '?')], got)
			if got.Status != http.StatusRequestEntityTooLarge {
				t.Errorf("%s, told %t: %s", o.id, told, got.status())
			}
		}
	}
	// Also without anything in front.
	request := httptest.NewRequest(http.MethodPost, "http://"+s.host+"/api/clock", io.LimitReader(blanks{}, api.MaxBody+1))
	request.Header.Set("Authorization", "Bearer "+adminToken)
	recorder := httptest.NewRecorder()
	s.api.ServeHTTP(recorder, request)
	if recorder.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s", recorder.Code, recorder.Body)
	}
	// Just short enough is read to its end.
	got := s.call(http.MethodPost, "/api/desk/agents/"+s.ann+"/contacts/"+s.chat.id+"/messages", `{"content":"x"}`+strings.Repeat(" ", api.MaxBody-15))
	if got.Status != http.StatusOK {
		t.Errorf("a body of %d bytes: %s", api.MaxBody, got.status())
	}
}

// blanks never end.
type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	copy(p, bytes.Repeat([]byte(" "), len(p)))
	return len(p), nil
}

// What an address names has to be there.
func TestRefusesUnknownIDs(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	bodies, checked := s.bodies(), 0
	for _, o := range theContract().operations {
		for _, p := range o.parameters {
			if p["in"] != "path" {
				continue
			}
			for _, unknown := range []string{
				"nosuch", "00000000-0000-4000-8000-000000000000", "..%2f..%2fetc", "%00", "%ff", "%e2%80%ae", strings.Repeat("x", 8000), "18446744073709551616", "-1", "0",
			} {
				path := strings.Replace(o.path, "{"+text1(p["name"])+"}", unknown, 1)
				path = s.at(&operation{path: path})
				var body any
				if good, ok := bodies[o.id]; ok {
					body = good
				}
				if o.id == "sendFileAsAgent" {
					path, body = path+"?name=a.txt", "abc"
				}
				s.refused(s.call(o.method, path, body), 404, "NotFound", "")
				checked++
			}
		}
	}
	if checked < 200 {
		t.Errorf("only %d addresses were checked", checked)
	}
	for _, path := range []string{"/api/attachments?contact=nosuch"} {
		s.refused(s.call(http.MethodGet, path, nil), 404, "NotFound", "")
	}
	for name, body := range map[string]map[string]any{"queue": {"queueId": "nosuch"}, "agent": {"agentId": "nosuch"}} {
		got := s.call(http.MethodPost, "/api/desk/agents/"+s.ann+"/contacts/"+s.chat.id+"/transfer", body)
		if sentence := s.refused(got, 404, "NotFound", ""); !strings.Contains(sentence, name) {
			t.Error(sentence)
		}
	}
	for _, call := range []string{"accept", "reject", "supervise"} {
		s.refused(s.call(http.MethodPost, "/api/desk/agents/"+s.ann+"/"+call, map[string]any{"contactId": "nosuch"}), 404, "NotFound", "")
	}
}

// Queries that mean nothing are refused, and not taken for others.
func TestRefusesQueries(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	huge := strings.Repeat("x", 5000)
	for request, field := range map[string]string{
		"/api/contacts?state=open":                              "state",
		"/api/contacts?state=" + huge:                           "state",
		"/api/contacts?limit=0":                                 "limit",
		"/api/contacts?limit=1001":                              "limit",
		"/api/contacts?limit=-1":                                "limit",
		"/api/contacts?limit=1.5":                               "limit",
		"/api/contacts?limit=99999999999999999999":              "limit",
		"/api/contacts?limit=%00":                               "limit",
		"/api/contacts/" + s.chat.id + "/transcript?format=pdf": "format",
		"/api/contacts/" + s.chat.id + "/transcript?last=0":     "last",
		"/api/attachments?state=lost":                           "state",
		"/api/exchanges?kind=mail":                              "kind",
		"/api/exchanges?status=abc":                             "status",
		"/api/exchanges?status=9xx":                             "status",
		"/api/exchanges?status=99":                              "status",
		"/api/exchanges?after=-1":                               "after",
		"/api/exchanges?after=x":                                "after",
		"/api/exchanges?limit=10001":                            "limit",
		"/api/exchanges.har?kind=x":                             "kind",
		"/api/events?topics=weather":                            "topics",
		"/api/events?topics=items,,desk":                        "topics",
		"/api/events?topics=" + huge:                            "topics",
		"/api/exchanges/" + s.frame + "/curl":                   "exchange",
	} {
		got := s.call(http.MethodGet, request, nil)
		s.refused(got, 400, "BadRequest", field)
		if len(got.Body) > 2000 {
			t.Errorf("%.100s is answered %d bytes", request, len(got.Body))
		}
	}
	s.refused(s.call(http.MethodGet, "/api/events", nil, "Last-Event-ID", "yesterday"), 400, "BadRequest", "Last-Event-ID")
	for _, fine := range []string{"/api/contacts?nosuch=1", "/api/contacts?limit=&state=&before=", "/api/exchanges?after=99999999", "/api/contacts?before=nosuch"} {
		s.get(fine)
	}
}
