package connectserver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/connectserver"
	"github.com/parley-chat/parley/internal/hours"
	"github.com/parley-chat/parley/internal/instance"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/strict"
	"github.com/parley-chat/parley/internal/testcase"
	"github.com/parley-chat/parley/internal/transcript"
)

var update = flag.Bool("update", false, "rewrite golden files")

// stage is an Amazon Connect with real chats in a real store.
type stage struct {
	handler http.Handler
	api     *connectserver.Service
	chats   *chat.Service
	store   *store.Store
	kept    *instance.Keeper
	tests   *instance.Tests
}

func newStage(tb testing.TB, rules *strict.Rules, publish func(chat.Contact, transcript.Item)) *stage {
	tb.Helper()
	kept, err := store.Open(context.Background(), store.Config{Ephemeral: true})
	if err != nil {
		tb.Fatal(err)
	}
	chats, err := chat.Open(context.Background(), chat.Config{Store: kept, Limits: rules.Limits(chat.Limits{}), Publish: publish})
	if err == nil {
		err = chats.Begin(context.Background())
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		chats.Close()
		if err := kept.Close(); err != nil {
			tb.Error(err)
		}
	})
	keeper, err := instance.Open(context.Background(), instance.Config{
		Given: given(), Store: kept, Limited: rules.Enabled(), Taken: func(name string, module bool) bool { return name == "Inbound" && !module },
	})
	if err != nil {
		tb.Fatal(err)
	}
	tests, err := instance.OpenTests(context.Background(), instance.TestsConfig{Store: kept, Limited: rules.Enabled(), Run: executed})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(tests.Close)
	api, err := connectserver.New(connectserver.Config{
		Chats: chats, Kept: keeper, Tests: tests, Strict: rules, Region: "eu-west-2", Account: "111122223333",
		ApprovedOrigins: []string{"https://a.example", "https://b.example", "https://c.example"},
		Flows:           flows,
		Configured:      func(function string) bool { return strings.HasSuffix(function, "redact") },
		Turn:            func(string, *instance.Item[instance.Status]) bool { return true },
		Place: func(contactID string) (connectserver.Place, bool) { // everybody is the third in each queue
			c, err := chats.Contact(context.Background(), contactID)
			if err != nil || c.Queue == nil {
				return connectserver.Place{}, false
			}
			wait := 90 * time.Second
			if c.Queue.Name == "unstaffed" {
				wait = -1
			}
			return connectserver.Place{Position: 3, Wait: wait}, true
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return &stage{routes(api), api, chats, kept, keeper, tests}
}

// executed is what comes of every execution of a test case here.
func executed(_ context.Context, f *testcase.File) testcase.Execution {
	at := time.Date(2026, 11, 22, 6, 0, 0, 500_000_000, time.UTC)
	e := testcase.Execution{Status: testcase.Failed, Ended: at.Add(time.Minute), Summary: testcase.Summary{Total: 2, Passed: 1, Failed: 1}}
	e.Add("greeting", testcase.Passed, at, map[string]any{"Type": "OBSERVATION", "Identifier": f.Title()})
	e.Add("queued", testcase.Failed, at.Add(time.Second), map[string]any{"Type": "OBSERVATION"})
	return e
}

// given are the resources of the configuration.
func given() instance.Given {
	const id = "aaaaaaaa-0000-4000-8000-0000000001"
	most, day := 5, hours.Span{From: 9 * 60, To: 17 * 60}
	return instance.Given{
		Hours: []instance.Item[instance.Hours]{{ID: id + "01", Name: "Office", Is: instance.Hours{
			Plan:      hours.Plan{Zone: "Europe/Berlin", Week: []hours.Times{{Day: time.Monday, Span: day}}},
			Overrides: []instance.Override{{ID: id + "02", Override: hours.Override{Name: "2026-12-24", First: "2026-12-24", Last: "2026-12-24"}}},
		}}},
		Queues: []instance.Item[instance.Queue]{{ID: id + "03", Name: "Default", Is: instance.Queue{HoursID: id + "01", MaxContacts: &most}}},
		Profiles: []instance.Item[instance.Profile]{{ID: id + "04", Name: "Basic Routing Profile", Description: "Takes chats", Is: instance.Profile{
			OutboundQueueID: id + "03", Chats: 10, Concurrencies: []byte(`[{"Channel":"CHAT","Concurrency":10}]`),
			Queues: []instance.ProfileQueue{{ID: id + "03", Channel: "CHAT", Priority: 1}},
		}}},
		SecurityProfiles: []instance.Item[instance.SecurityProfile]{{ID: id + "05", Name: "Agent"}},
		Statuses:         []instance.Item[instance.Status]{{ID: id + "06", Name: "Available", Is: instance.Status{Type: "ROUTABLE", Order: 1}}},
		Views:            []instance.Item[instance.View]{{ID: "form", Name: "Form", Is: instance.View{Published: &instance.ViewContent{Template: "{}"}}}},
	}
}

// routes serves the actions alone: every other path is an unknown operation.
func routes(api *connectserver.Service) http.Handler {
	mux := http.NewServeMux()
	api.Routes(mux, nil)
	mux.HandleFunc("/", api.Unknown)
	return mux
}

func flows() []connectserver.Flow {
	return []connectserver.Flow{
		{
			ID: "aaaaaaaa-0000-4000-8000-000000000001", Name: "Inbound", Description: "the usual one",
			Content: `{"Version":"2019-10-30"}`, Modified: time.Date(2026, 11, 22, 6, 0, 0, 500_000_000, time.UTC),
		},
		{ID: "aaaaaaaa-0000-4000-8000-000000000002", Name: "Queue", Type: "CUSTOMER_QUEUE", Content: `{}`},
		{ID: "aaaaaaaa-0000-4000-8000-000000000003", Name: "Draft", Content: `{}`, Saved: true},
	}
}

// call sends one request through the handler.
func (s *stage) call(method, target, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	return w
}

// Each file is a dialogue: requests, and under each the answer as it was reviewed. Ids and
// tokens are numbered in the order they appear; later requests name them by number. Time is
// the bubble's, which begins with the year 2000.
func TestWire(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/wire/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dialogues: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			synctest.Test(t, func(t *testing.T) {
				var rules *strict.Rules
				if strings.HasPrefix(filepath.Base(file), "strict") {
					rules = strict.New(strict.Config{Seed: 3})
				}
				got = (&dialogue{stage: newStage(t, rules, nil)}).run(string(want))
			})
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
		})
	}
}

// dialogue numbers what is different in every run.
type dialogue struct {
	*stage
	seen []string
}

const answerMark = "  < "

// run sends the requests of a dialogue and returns it with their answers.
func (d *dialogue) run(script string) string {
	var out []string
	for block := range strings.SplitSeq(strings.TrimSpace(script), "\n\n") {
		var request []string
		for line := range strings.SplitSeq(block, "\n") {
			if !strings.HasPrefix(line, answerMark) {
				request = append(request, line)
			}
		}
		out = append(out, strings.Join(append(request, d.answer(request)...), "\n"))
	}
	return strings.Join(out, "\n\n") + "\n"
}

// answer sends the request in some lines, after comments: "METHOD path", then the body; or
// "wait 5m"; or "queue ID NAME"; or "sign-in ID NAME"; or "end", by the customer; or "say", by an agent.
func (d *dialogue) answer(lines []string) []string {
	for len(lines) > 0 && strings.HasPrefix(lines[0], "#") {
		lines = lines[1:]
	}
	if len(lines) == 0 {
		return nil
	}
	text := d.fill(strings.Join(lines, "\n"))
	first, body, _ := strings.Cut(text, "\n")
	verb, rest, _ := strings.Cut(first, " ")
	switch verb {
	case "wait":
		duration, err := time.ParseDuration(rest)
		if err != nil {
			return []string{answerMark + err.Error()}
		}
		<-time.After(duration)
		return nil
	case "queue": // puts a contact into a queue
		id, queue, _ := strings.Cut(rest, " ")
		err := d.chats.Step(context.Background(), id, func(step *chat.Step) error { step.Queue(queue); return nil })
		return []string{answerMark + fmt.Sprint(err)}
	case "sign-in": // by a name on the sign-in page
		id, name, _ := strings.Cut(rest, " ")
		session, err := d.chats.BeginAuthentication(context.Background(), id)
		var state, code secret.Text
		if err == nil {
			state, err = d.chats.OpenAuthentication(context.Background(), id, session, "https://shop.example")
		}
		if err == nil {
			code, err = d.chats.Authorize(context.Background(), state, name, name == "late")
		}
		return []string{answerMark + d.number(state.Reveal()+" "+code.Reveal()), answerMark + fmt.Sprint(err)}
	case "agent": // joins a contact and says something
		joined, err := d.chats.Join(context.Background(), rest, transcript.Agent, "Ann")
		if err == nil {
			_, err = d.chats.Say(context.Background(), rest, joined.ParticipantID, transcript.Message{ContentType: transcript.TextPlain, Content: body})
		}
		return []string{answerMark + fmt.Sprint(err)}
	}
	w := d.call(verb, rest, body)
	status := fmt.Sprintf("%s%d %s", answerMark, w.Code, w.Header().Get("x-amzn-ErrorType"))
	answer := []string{strings.TrimRight(status, " ")}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, w.Body.Bytes(), "", "  "); err != nil {
		pretty.Reset()
		pretty.WriteString("not JSON: " + w.Body.String())
	}
	for line := range strings.SplitSeq(d.number(pretty.String()), "\n") {
		answer = append(answer, answerMark+line)
	}
	return answer
}

var secrets = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|QVFJREFI[\w-]+`)

// number replaces ids and tokens, but not those of the stage.
func (d *dialogue) number(text string) string {
	return secrets.ReplaceAllStringFunc(text, func(id string) string {
		if id == connectserver.DefaultInstanceID || strings.HasPrefix(id, "aaaaaaaa-") {
			return id
		}
		for i, earlier := range d.seen {
			if earlier == id {
				return fmt.Sprintf("$%d", i+1)
			}
		}
		d.seen = append(d.seen, id)
		return fmt.Sprintf("$%d", len(d.seen))
	})
}

// fill puts ids back in the place of their numbers.
func (d *dialogue) fill(text string) string {
	for i := len(d.seen); i > 0; i-- {
		text = strings.ReplaceAll(text, fmt.Sprintf("$%d", i), d.seen[i-1])
	}
	return text
}
