package instance

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// SettingsFile is the path of the exported settings.
const SettingsFile = "parley.yaml"

// ahead is for how long overrides are exported that come again.
const ahead = 2

// exported are settings as parley.yaml has them.
type exported struct {
	ViewsDir string                   `yaml:"views-dir,omitempty"`
	Queues   map[string]exportedQueue `yaml:"queues,omitempty"`
	Hours    map[string]exportedHours `yaml:"hours,omitempty"`
	Names    map[string]string        `yaml:"names,omitempty"`
}

type exportedQueue struct {
	Hours    string `yaml:"hours,omitempty"`
	Capacity string `yaml:"capacity,omitempty"`
}

type exportedHours struct {
	Zone      string   `yaml:"zone,omitempty"`
	Open      []string `yaml:"open"`
	Overrides []string `yaml:"overrides,omitempty"`
}

// settings writes queues and hours, what all ids are called in the files, and where the views are. What
// the configuration has is not in them, but for the hours of queues that were created.
func (e *export) settings() error {
	k := e.k
	all := exported{Queues: map[string]exportedQueue{}, Hours: map[string]exportedHours{}, Names: e.names}
	for _, q := range k.Queues.All() {
		if q.Configured {
			continue
		}
		entry := exportedQueue{}
		if h := k.Hours.Find(q.Is.HoursID); h != nil {
			if entry.Hours = h.Name; !e.hours(all.Hours, h) {
				entry.Hours = ""
			}
		}
		if most := q.Is.MaxContacts; most != nil {
			if entry.Capacity = strconv.Itoa(*most); *most < 1 {
				entry.Capacity = ""
				e.note("the queue %s takes no contact, which a configured queue cannot say", q.Name)
			}
		}
		if q.Is.Disabled {
			e.note("the queue %s is disabled, which a configured queue cannot be", q.Name)
		}
		all.Queues[q.Name] = entry
		all.Names["*"+q.ID] = q.Name
	}
	for _, h := range k.Hours.All() {
		if !h.Configured {
			e.hours(all.Hours, h)
			all.Names["*"+h.ID] = h.Name
		}
	}
	for _, f := range e.files {
		if strings.HasPrefix(f.Path, "views/") {
			all.ViewsDir = "views"
		}
	}
	for _, left := range []struct {
		what string
		n    int
	}{
		{"users", len(k.Users.All())},
		{"agent statuses", len(k.Statuses.All()) - len(k.cfg.Given.Statuses)},
		{"routing profiles", len(k.Profiles.All()) - len(k.cfg.Given.Profiles)},
		{"prompts", len(k.Prompts.All())},
		{"quick connects", len(k.QuickConnects.All())},
	} {
		if left.n > 0 {
			e.note("%s are not exported: %d of them", left.what, left.n)
		}
	}
	if len(e.files) == 0 && len(all.Queues) == 0 && len(all.Hours) == 0 {
		return nil
	}
	var b bytes.Buffer
	b.WriteString("# What was deployed to a running server, for a server that is started in this folder.\n")
	for _, note := range e.notes {
		fmt.Fprintf(&b, "# %s\n", strings.Join(strings.Fields(note), " "))
	}
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(all); err != nil {
		return fmt.Errorf("writing the settings: %w", err)
	}
	e.files = append(e.files, File{SettingsFile, b.Bytes()})
	return nil
}

// hours adds hours of operation; false for configured ones that are always open, as queues without hours.
func (e *export) hours(all map[string]exportedHours, h *Item[Hours]) bool {
	effective, err := e.k.Effective(h)
	if err != nil { // its zone was known when it was created
		return false
	}
	now := e.k.cfg.Now().UTC()
	from := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC).AddDate(0, 0, -1)
	cfg, whole := effective.Config(from, from.AddDate(ahead, 0, 0))
	if !whole {
		e.note("the hours %s have dates with other times before today or after %d years, which are left out", h.Name, ahead)
	}
	if h.Configured && len(cfg.Overrides) == 0 && slices.Equal(cfg.Open, []string{"Mon-Sun 0:00-24:00"}) {
		return false
	}
	all[h.Name] = exportedHours(cfg)
	return true
}
