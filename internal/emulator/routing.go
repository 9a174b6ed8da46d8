package emulator

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/hours"
	"github.com/parley-chat/parley/internal/instance"
	"github.com/parley-chat/parley/internal/interactive"
)

const (
	// basicHours are always open. Queues of the configuration without hours have them, as the first queue
	// of a new instance has its Basic Hours.
	basicHours = "Basic Hours"
	// basicProfile is the routing profile of a new instance.
	basicProfile = "Basic Routing Profile"
)

// given are the resources that the instance has from the configuration, and what a new instance has.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-get-started.html
func given(cfg *Config) instance.Given {
	var g instance.Given
	hoursID := map[string]string{}
	addHours := func(name, description string, h *hours.Hours) {
		plan := h.Plan()
		item := instance.Item[instance.Hours]{ID: identify("hours", name), Name: name, Description: description, Is: instance.Hours{Plan: plan}}
		for i, o := range plan.Overrides {
			o.Name = o.First
			item.Is.Overrides = append(item.Is.Overrides, instance.Override{ID: identify("override", name+" "+strconv.Itoa(i)), Override: o})
		}
		hoursID[name] = item.ID
		g.Hours = append(g.Hours, item)
	}
	configured := cfg.Hours
	if configured == nil {
		configured = &hours.Book{}
	}
	if configured.Hours[basicHours] == nil {
		if always, err := hours.New(hours.Config{Zone: "UTC", Open: []string{"always"}}); err == nil {
			addHours(basicHours, "Always open", always)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(configured.Hours)) {
		addHours(name, "", configured.Hours[name])
	}
	for _, name := range slices.Compact(slices.Concat([]string{desk.DefaultQueue}, slices.Sorted(slices.Values(slices.Concat(cfg.Queues, slices.Collect(maps.Keys(cfg.Capacity))))))) {
		if name == desk.DefaultQueue && len(g.Queues) > 0 {
			continue
		}
		q := instance.Queue{HoursID: hoursID[basicHours]}
		if id := hoursID[configured.Queues[name]]; id != "" {
			q.HoursID = id
		}
		if most := cfg.Capacity[name]; most > 0 {
			q.MaxContacts = &most
		}
		g.Queues = append(g.Queues, instance.Item[instance.Queue]{ID: desk.QueueID(name), Name: name, Is: q})
	}
	queue := g.Queues[0].ID
	g.Profiles = []instance.Item[instance.Profile]{{ID: identify("routing profile", basicProfile), Name: basicProfile, Description: "Takes chats of the queue " + desk.DefaultQueue, Is: instance.Profile{
		OutboundQueueID: queue, Chats: desk.DefaultCapacity, Concurrencies: []byte(`[{"Channel":"CHAT","Concurrency":10}]`),
		Queues: []instance.ProfileQueue{{ID: queue, Channel: "CHAT", Priority: 1}},
	}}}
	for _, name := range []string{"Admin", "Agent", "CallCenterManager", "QualityAnalyst"} {
		g.SecurityProfiles = append(g.SecurityProfiles, instance.Item[instance.SecurityProfile]{ID: identify("security profile", name), Name: name})
	}
	for i, status := range []struct{ name, kind string }{{"Available", "ROUTABLE"}, {"Offline", "OFFLINE"}} {
		g.Statuses = append(g.Statuses, instance.Item[instance.Status]{ID: identify("agent status", status.name), Name: status.name, Is: instance.Status{Type: status.kind, Order: i + 1}})
	}
	for _, id := range interactive.OwnViews() {
		g.Views = append(g.Views, instance.Item[instance.View]{ID: id, Name: strings.ToUpper(id[:1]) + id[1:], Is: instance.View{Published: &instance.ViewContent{Template: "{}"}}})
	}
	return g
}

// identify returns the id of a configured resource: always the same for a name.
func identify(kind, name string) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("parley:"+kind+":"+name)).String()
}

// turn gives the agent of a user a status of the instance; false when there is no such agent.
func (e *Emulator) turn(userID string, status *instance.Item[instance.Status]) bool {
	state := desk.Away
	switch status.Is.Type {
	case "ROUTABLE":
		state = desk.Available
	case "OFFLINE":
		state = desk.Offline
	}
	_, err := e.desk.Change(userID, desk.AgentChange{State: &state, Status: status.Name})
	return err == nil
}

// keepAutoAccept keeps what the desk says of a user with the user, where DescribeUser finds it; the change
// comes back to the desk by route.
func (e *Emulator) keepAutoAccept(ctx context.Context, userID string, on bool) error {
	if u := e.kept.Users.Find(userID); u == nil || u.Is.AcceptsChats() == on {
		return nil
	}
	err := e.kept.Users.Change(ctx, userID, func(u *instance.Item[instance.User]) error { return u.Is.AcceptChats(on) })
	if errors.Is(err, instance.ErrNotFound) { // deleted meanwhile
		return nil
	}
	return err
}

// route lets contacts be routed by what the instance has now: flows find its hours, queues and agents, and
// the desk has its queues and users.
func (e *Emulator) route(ctx context.Context, log *slog.Logger) {
	if e.kept == nil { // it is being opened
		return
	}
	e.hours.Set(e.kept.Opening())
	e.library.Name(e.kept.Names())
	if e.desk == nil {
		return
	}
	var queues []desk.QueueConfig
	for _, q := range e.kept.Queues.All() {
		cfg := desk.QueueConfig{ID: q.ID, Name: q.Name, Former: q.Is.Former, Closed: q.Is.Disabled}
		if most := q.Is.MaxContacts; most != nil {
			if cfg.Capacity = *most; *most == 0 {
				cfg.Capacity = -1
			}
		}
		queues = append(queues, cfg)
	}
	e.desk.Arrange(queues)
	var posts []desk.Post
	for _, p := range e.kept.Posts() {
		post := desk.Post{UserID: p.UserID, Name: p.Name, Chats: p.Chats, AutoAccept: p.AutoAccept}
		for _, q := range p.Queues {
			post.Queues = append(post.Queues, desk.PostQueue(q))
		}
		posts = append(posts, post)
	}
	if err := e.desk.Staff(context.WithoutCancel(ctx), posts); err != nil {
		log.ErrorContext(ctx, "the chats of a user who was deleted stay with the user", slog.Any("error", err))
	}
}
