package emulator_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/hours"
)

// toQueue is a flow that asks whether hours are open, then puts the chat into the queue; both by their ids.
func toQueue(hoursID, queueID string) string {
	return `{"Version":"2019-10-30","StartAction":"h","Actions":[
		{"Identifier":"h","Type":"CheckHoursOfOperation","Parameters":{"HoursOfOperationId":"` + hoursID + `"},"Transitions":{"NextAction":"end",
			"Conditions":[{"NextAction":"q","Condition":{"Operator":"Equals","Operands":["True"]}},{"NextAction":"closed","Condition":{"Operator":"Equals","Operands":["False"]}}],
			"Errors":[{"ErrorType":"NoMatchingError","NextAction":"end"}]}},
		{"Identifier":"q","Type":"UpdateContactTargetQueue","Parameters":{"QueueId":"` + queueID + `"},"Transitions":{"NextAction":"go","Errors":[{"ErrorType":"NoMatchingError","NextAction":"end"}]}},
		{"Identifier":"go","Type":"TransferContactToQueue","Parameters":{},"Transitions":{"NextAction":"end",
			"Errors":[{"ErrorType":"QueueAtCapacity","NextAction":"full"},{"ErrorType":"NoMatchingError","NextAction":"off"}]}},
		{"Identifier":"full","Type":"MessageParticipant","Parameters":{"Text":"Full."},"Transitions":{"NextAction":"end","Errors":[{"ErrorType":"NoMatchingError","NextAction":"end"}]}},
		{"Identifier":"off","Type":"MessageParticipant","Parameters":{"Text":"Disabled."},"Transitions":{"NextAction":"end","Errors":[{"ErrorType":"NoMatchingError","NextAction":"end"}]}},
		{"Identifier":"closed","Type":"MessageParticipant","Parameters":{"Text":"Closed."},"Transitions":{"NextAction":"end","Errors":[{"ErrorType":"NoMatchingError","NextAction":"end"}]}},
		{"Identifier":"end","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}]}`
}

// What is created through the API routes at once, and after a restart: hours with an override, a queue
// with its bounds, and a user.
func TestCreatedResourcesRoute(t *testing.T) {
	t.Parallel()
	office, err := hours.New(hours.Config{Open: []string{"always"}})
	if err != nil {
		t.Fatal(err)
	}
	cfg := emulator.Config{
		DataDir: t.TempDir(), Capacity: map[string]int{"Support": 3},
		Hours: &hours.Book{Hours: map[string]*hours.Hours{"Office": office}, Queues: map[string]string{"Support": "Office"}},
	}
	w := newWorld(t, cfg)
	id := func(method, path, body, member string) string {
		t.Helper()
		return text(w.must(method, path, "", body), member)
	}
	const zone = `"TimeZone":"UTC","Config":[]`
	hoursID := id("PUT", "/hours-of-operations/i", `{"Name":"Night",`+zone+`}`, "HoursOfOperationId")
	queueID := id("PUT", "/queues/i", `{"Name":"Sales","HoursOfOperationId":"`+hoursID+`","MaxContacts":1}`, "QueueId")
	flowID := id("PUT", "/contact-flows/i", `{"Name":"Main","Type":"CONTACT_FLOW","Content":`+strconv.Quote(toQueue(hoursID, queueID))+`}`, "ContactFlowId")
	begin := func() *page {
		return w.open(`{"ContactFlowId":"` + flowID + `","ParticipantDetails":{"DisplayName":"Pat"}}`)
	}
	begin().await("Closed.")
	w.must("PUT", "/hours-of-operations/i/"+hoursID+"/overrides", "",
		`{"Name":"Open days","EffectiveFrom":"2000-01-01","EffectiveTill":"2999-12-31","OverrideType":"OPEN","Config":[]}`)
	waits := begin()
	begin().await("Full.")
	w.must("POST", "/queues/i/"+queueID+"/name", "", `{"Name":"Orders"}`)
	w.must("POST", "/queues/i/"+queueID+"/status", "", `{"Status":"DISABLED"}`)
	begin().await("Disabled.")
	w.refused("DELETE", "/queues/i/"+queueID, "", "", http.StatusConflict, "ResourceInUseException")

	profiles, _ := w.must("GET", "/routing-profiles-summary/i", "", "")["RoutingProfileSummaryList"].([]any)
	security, _ := w.must("GET", "/security-profiles-summary/i", "", "")["SecurityProfileSummaryList"].([]any)
	if len(profiles) != 1 || len(security) != 4 {
		t.Fatalf("a new instance has %v and %v", profiles, security)
	}
	profileID := id("PUT", "/routing-profiles/i", `{"Name":"Orders","Description":"x","DefaultOutboundQueueId":"`+queueID+`","MediaConcurrencies":[{"Channel":"CHAT","Concurrency":2}],
		"QueueConfigs":[{"QueueReference":{"QueueId":"`+queueID+`","Channel":"CHAT"},"Priority":1,"Delay":0}]}`, "RoutingProfileId")
	first, _ := security[0].(map[string]any)
	userID := id("PUT", "/users/i", `{"Username":"ann","RoutingProfileId":"`+profileID+`","SecurityProfileIds":["`+text(first, "Id")+`"]}`, "UserId")

	waitsIn := func(queue string) bool {
		for _, q := range w.emulator.Desk().Snapshot().Queues {
			for _, c := range q.Waiting {
				if c.ContactID == waits.id {
					return q.Name == queue && q.ID == queueID
				}
			}
		}
		return false
	}
	if !waitsIn("Orders") {
		t.Error("the chat does not wait in the renamed queue")
	}
	w.close()
	w = newWorld(t, cfg)
	if !waitsIn("Orders") {
		t.Error("after a restart the chat does not wait in the renamed queue")
	}
	queues, _ := w.must("GET", "/queues-summary/i", "", "")["QueueSummaryList"].([]any)
	if len(queues) != 3 {
		t.Errorf("%v are listed, not Default, Support and Orders", queues)
	}
	w.refused("DELETE", "/queues/i/"+desk.QueueID("Support"), "", "", http.StatusBadRequest, "InvalidRequestException")
	d := w.emulator.Desk()
	ann, err := d.Agent(userID)
	if err != nil || ann.Name != "ann" || ann.Capacity != 2 || ann.State != desk.Offline {
		t.Errorf("the user is %+v at the desk, %v", ann, err)
	}
	if _, err := d.Add(desk.AgentConfig{Name: "ann"}); err != nil {
		t.Fatal(err)
	}
	if of, other := d.Metrics("Orders", ""), d.Metrics("Support", ""); of.Available != 1 || other.Available != 0 {
		t.Errorf("she is there for %+v, and for %+v", of, other)
	}
	if _, err := d.Accept(t.Context(), "ann", waits.id); err != nil {
		t.Fatal(err)
	}
	w.must("DELETE", "/users/i/"+userID, "", "")
	if !waitsIn("Orders") {
		t.Error("the chat of a user who was deleted does not wait in its queue")
	}
}

// ids are those of what a new instance has for users, by its names.
func (w *world) ids() map[string]string {
	w.t.Helper()
	ids := map[string]string{}
	for _, list := range []struct{ path, member string }{
		{"/agent-status/i", "AgentStatusSummaryList"},
		{"/security-profiles-summary/i", "SecurityProfileSummaryList"},
		{"/routing-profiles-summary/i", "RoutingProfileSummaryList"},
	} {
		all, _ := w.must("GET", list.path, "", "")[list.member].([]any)
		for _, one := range all {
			m, _ := one.(map[string]any)
			ids[text(m, "Name")] = text(m, "Id")
		}
	}
	return ids
}

// A status by PutUserStatus lets the agent of a user take chats or not, by its type, and is shown; what
// is not there is refused as Amazon Connect refuses it.
func TestPutUserStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{DataDir: t.TempDir()})
	ids := w.ids()
	lunch := w.must("PUT", "/agent-status/i", "", `{"Name":"Lunch","State":"ENABLED"}`)
	ids["Lunch"] = text(lunch, "AgentStatusARN")
	user := text(w.must("PUT", "/users/i", "", `{"Username":"ann","RoutingProfileId":"`+ids["Basic Routing Profile"]+`","SecurityProfileIds":["`+ids["Agent"]+`"]}`), "UserId")
	d, at := w.emulator.Desk(), "/users/i/"+user+"/status"
	is := func(state desk.State, status string, online, available int) {
		t.Helper()
		if a, err := d.Agent("ann"); err != nil || a.State != state || a.Status != status {
			t.Errorf("she is %+v, %v", a, err)
		}
		if m := d.Metrics(desk.DefaultQueue, ""); m.Online != online || m.Available != available {
			t.Errorf("%s: the queue has %+v", status, m)
		}
	}
	for _, c := range []struct {
		status            string
		state             desk.State
		online, available int
	}{{"Available", desk.Available, 1, 1}, {"Lunch", desk.Away, 1, 0}, {"Offline", desk.Offline, 0, 0}} {
		w.must("PUT", at, "", `{"AgentStatusId":"`+ids[c.status]+`"}`)
		is(c.state, c.status, c.online, c.available)
	}
	if err := d.Remove(t.Context(), "ann"); err != nil { // she signs out
		t.Fatal(err)
	}
	w.must("PUT", at, "", `{"AgentStatusId":"`+ids["Lunch"]+`"}`)
	is(desk.Away, "Lunch", 1, 0)

	const nobody = "99999999-9999-4999-8999-999999999999"
	w.refused("PUT", "/users/i/"+nobody+"/status", "", `{"AgentStatusId":"`+ids["Lunch"]+`"}`, http.StatusNotFound, "ResourceNotFoundException")
	w.refused("PUT", at, "", `{"AgentStatusId":"`+nobody+`"}`, http.StatusNotFound, "ResourceNotFoundException")
	w.refused("PUT", at, "", `{}`, http.StatusBadRequest, "InvalidRequestException")
	w.must("POST", "/agent-status/i/"+text(lunch, "AgentStatusId"), "", `{"State":"DISABLED"}`)
	w.refused("PUT", at, "", `{"AgentStatusId":"`+ids["Lunch"]+`"}`, http.StatusBadRequest, "InvalidRequestException")
	is(desk.Away, "Lunch", 1, 0)
}

// Who takes chats without accepting them is one thing, with the user and at the desk: UpdateUserConfig
// turns the desk's switch, the switch is what DescribeUser tells, and both hold after a restart.
func TestAutoAcceptConfigs(t *testing.T) {
	t.Parallel()
	cfg := emulator.Config{DataDir: t.TempDir()}
	w := newWorld(t, cfg)
	ids := w.ids()
	user := text(w.must("PUT", "/users/i", "", `{"Username":"ann","RoutingProfileId":"`+ids["Basic Routing Profile"]+`","SecurityProfileIds":["`+ids["Agent"]+`"],
		"AutoAcceptConfigs":[{"Channel":"CHAT","AutoAccept":true}]}`), "UserId")
	at := "/users/i/" + user
	is := func(when string, on bool, configs int) {
		t.Helper()
		a, err := w.emulator.Desk().Agent("ann")
		if err != nil || a.AutoAccept != on {
			t.Errorf("%s: the desk says %+v, %v", when, a, err)
		}
		described, _ := w.must("GET", at, "", "")["User"].(map[string]any)
		all, _ := described["AutoAcceptConfigs"].([]any)
		told := false
		for _, one := range all {
			m, _ := one.(map[string]any)
			told = told || m["Channel"] == "CHAT" && m["AutoAccept"] == true
		}
		if told != on || len(all) != configs {
			t.Errorf("%s: the user has %v", when, all)
		}
	}
	turn := func(on bool) {
		t.Helper()
		if _, err := w.emulator.Desk().Change("ann", desk.AgentChange{AutoAccept: &on}); err != nil {
			t.Fatal(err)
		}
	}
	is("created", true, 1)
	turn(false)
	is("by the desk", false, 1)
	w.must("POST", at+"/config", "", `{"AutoAcceptConfigs":[{"Channel":"CHAT","AutoAccept":true},{"Channel":"TASK","AutoAccept":true}]}`)
	is("by the API", true, 2)
	w.must("POST", at+"/config", "", `{"AfterContactWorkConfigs":[]}`)
	is("with another setting", true, 2)
	turn(false)
	is("by the desk again", false, 2)
	w.must("POST", at+"/config", "", `{"AutoAcceptConfigs":[{"Channel":"TASK","AutoAccept":true}]}`)
	is("without chats", false, 1)
	turn(true)
	w.close()
	w = newWorld(t, cfg)
	is("after a restart", true, 2)

	w.must("PUT", at+"/status", "", `{"AgentStatusId":"`+ids["Available"]+`"}`)
	w.open(`{"ContactFlowId":"f","ParticipantDetails":{"DisplayName":"Pat"}}`)
	w.eventually("she has the chat", func() bool {
		a, err := w.emulator.Desk().Agent(user)
		return err == nil && len(a.Contacts) == 1
	})
	w.must("DELETE", at, "", "")
	on := true
	if _, err := w.emulator.Desk().Add(desk.AgentConfig{Name: "ann", AutoAccept: &on}); err != nil { // no user any more
		t.Error(err)
	}
}

// A flow that calls a module by an alias runs the version that the alias names by then.
func TestFlowCallsAnAlias(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{DataDir: t.TempDir()})
	says := func(text string) string {
		return strconv.Quote(`{"Version":"2019-10-30","StartAction":"s","Settings":{},"Actions":[{"Identifier":"s","Type":"MessageParticipant","Parameters":{"Text":"` + text + `"},
			"Transitions":{"NextAction":"e","Errors":[{"ErrorType":"NoMatchingError","NextAction":"e"}]}},{"Identifier":"e","Type":"EndFlowModuleExecution","Parameters":{},"Transitions":{}}]}`)
	}
	module := w.must("PUT", "/contact-flow-modules/i", "", `{"Name":"m","Content":`+says("One.")+`}`)
	at := "/contact-flow-modules/i/" + text(module, "Id")
	w.must("PUT", at+"/version", "", `{}`)
	w.must("POST", at+"/content", "", `{"Content":`+says("Two.")+`}`)
	w.must("PUT", at+"/version", "", `{}`)
	w.must("POST", at+"/content", "", `{"Content":`+says("Latest.")+`}`)
	alias := w.must("PUT", at+"/alias", "", `{"AliasName":"live","ContactFlowModuleVersion":1}`)
	for _, called := range []string{text(module, "Arn") + ":live", text(module, "Id") + ":live", text(module, "Arn") + ":" + text(alias, "Id")} {
		for version, want := range []string{"One.", "Two."} {
			w.must("POST", at+"/alias/"+text(alias, "Id"), "", `{"ContactFlowModuleVersion":`+strconv.Itoa(version+1)+`}`)
			flow := w.must("PUT", "/contact-flows/i", "", `{"Name":"`+called+want+`","Type":"CONTACT_FLOW","Content":`+strconv.Quote(`{"Version":"2019-10-30","StartAction":"c","Actions":[
				{"Identifier":"c","Type":"InvokeFlowModule","Parameters":{"FlowModuleId":"`+called+`"},"Transitions":{"NextAction":"end","Errors":[{"ErrorType":"NoMatchingError","NextAction":"end"}]}},
				{"Identifier":"end","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}]}`)+`}`)
			w.open(`{"ContactFlowId":"` + text(flow, "ContactFlowId") + `","ParticipantDetails":{"DisplayName":"Pat"}}`).await(want)
		}
	}
}
