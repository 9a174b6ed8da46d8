package recording

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

var (
	// idMember finds the ids of contacts, participants, items and attachments in what a server
	// says, also in JSON within a string of JSON.
	idMember = regexp.MustCompile(`(?:Id|Ids)\\*"\s*:\s*\[?\s*\\*"([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\\*"`)
	// timestamp is how Amazon Connect writes times.
	timestamp = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`)
)

const timeFormat = "2006-01-02T15:04:05.000Z"

// idsIn returns the ids that a server gave out in a chat.
func idsIn(chat *Chat) []string {
	found := map[string]bool{chat.Contact: true, chat.participant: true}
	for _, event := range chat.Events {
		for _, text := range [...]Text{event.Response, event.Text} {
			for _, match := range idMember.FindAllStringSubmatch(string(text), -1) {
				found[match[1]] = true
			}
		}
	}
	delete(found, "")
	ids := make([]string, 0, len(found))
	for id := range found {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// mapping turns the ids and times of a recording into those of a chat that is played, and ids
// back.
type mapping struct {
	there, back *strings.Replacer
	fresh       map[string]string
	// began is when the played chat did, and stands for recorded; speed is as in [Config].
	began, recorded, end time.Time
	speed                float64
}

// newMapping makes a new id for each of the recording, so that a chat can be played more than once.
func newMapping(chat *Chat, speed float64, now time.Time) *mapping {
	m := &mapping{
		fresh: map[string]string{}, began: now, speed: speed,
		recorded: chat.time(chat.Events[0].At), end: chat.time(chat.last),
	}
	var there, back []string
	for _, id := range chat.ids {
		made := uuid.NewString()
		m.fresh[id] = made
		there, back = append(there, id, made), append(back, made, id)
	}
	m.there, m.back = strings.NewReplacer(there...), strings.NewReplacer(back...)
	return m
}

// time is the moment of an At.
func (c *Chat) time(at float64) time.Time {
	return c.created.Add(time.Duration(at * float64(time.Millisecond)))
}

// id returns the id that stands for a recorded one.
func (m *mapping) id(recorded string) string {
	if made, ok := m.fresh[recorded]; ok {
		return made
	}
	return recorded
}

// say turns a text of the recorded server, which said it at a time, into one for the client.
func (m *mapping) say(text string, said time.Time) string {
	return timestamp.ReplaceAllStringFunc(m.there.Replace(text), func(old string) string {
		t, err := time.Parse(timeFormat, old)
		if err != nil {
			return old // it only looks like a time
		}
		return m.time(t, said).UTC().Format(timeFormat)
	})
}

// aMoment is how far after the end of a chat a time has to be to be one in its future: an
// expiry.
const aMoment = time.Minute

// time turns a recorded time into one of the played chat. What lay ahead lies as far ahead
// again. Without pauses a chat takes no time, so that its times lie in the past: no client
// expects items of the future.
func (m *mapping) time(t, said time.Time) time.Time {
	switch {
	case t.After(m.end.Add(aMoment)):
		return time.Now().Add(t.Sub(said))
	case m.speed == 0:
		return m.began.Add(-m.end.Sub(t))
	default:
		return m.began.Add(time.Duration(float64(t.Sub(m.recorded)) / m.speed))
	}
}
