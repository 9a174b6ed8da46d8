// Uses the client that oapi-codegen makes: its arguments are a server's address and its admin
// token.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
)

func main() {
	ctx := context.Background()
	client, err := NewClientWithResponses(os.Args[1], WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+os.Args[2])
		return nil
	}))
	check(err)
	status, err := client.GetStatusWithResponse(ctx)
	check(err)
	name, state := "Ann", Away
	agents, err := client.AddAgentsWithResponse(ctx, AddAgentsJSONRequestBody{Name: &name, State: &state})
	check(err)
	agent := agents.JSON200.Agents[0]
	removed, err := client.RemoveAgentWithResponse(ctx, agent.Id)
	check(err)
	action, times, failure := "SendMessage", 1, 500
	fault, err := client.AddFaultWithResponse(ctx, NewRule{Action: &action, Times: &times, Effect: Effect{Type: "status", Status: &failure}})
	check(err)
	skip := 1000
	skipped, err := client.SkipTimeWithResponse(ctx, SkipTimeJSONRequestBody{SkipMs: &skip})
	check(err)
	contacts, err := client.ListContactsWithResponse(ctx, &ListContactsParams{})
	check(err)
	lost, err := client.GetContactWithResponse(ctx, "nobody")
	check(err)
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"kind": status.JSON200.Upstream.Kind, "agent": agent.Name, "removed": removed.StatusCode(), "hits": fault.JSON200.Hits,
		"skipped": skipped.JSON200.OffsetMs, "contacts": len(contacts.JSON200.Contacts), "lost": lost.JSON404.Code,
	}))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
