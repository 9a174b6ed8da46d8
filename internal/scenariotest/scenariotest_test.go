package scenariotest_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/scenario"
	"github.com/parley-chat/parley/internal/scenariotest"
)

func library(tb testing.TB) *flowrun.Library {
	tb.Helper()
	l := flowrun.NewLibrary(nil)
	if _, _, err := flowrun.NewFolder(os.DirFS("../../examples/flows"), l).Load(); err != nil {
		tb.Fatal(err)
	}
	return l
}

func run(t *testing.T, cfg scenariotest.Config, text string) flowtest.Report {
	t.Helper()
	all, problems := scenario.Read("a.scenario.yaml", []byte("scenario: test\n"+text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	cfg.Library = library(t)
	return scenariotest.Run(t.Context(), cfg, &all[0])
}

// Each scenario passes, and fails with its second text for the reason that is given.
func TestRowS3Verdicts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ passes, changed, fails, why string }{
		"texts": {
			"flow: Menu\nsteps:\n  - expect: Welcome to the corner shop.\n", "the corner shop", "the corner cafe", `seen instead: "Welcome to the corner shop."`,
		},
		"views": {
			"flow: Menu\nsteps:\n  - choose: orders\n  - expect: {view: cards}\n", "choose: orders", "choose: order", `has no "order"; it has ["orders"`,
		},
		"fields": {
			"flow: Book a visit\nsteps:\n  - view: {action: Next, fields: {name: Ada, branch: station, day: Friday}}\n  - expect: {view: detail}\n", "name: Ada", "nam: Ada", `has no field "nam"`,
		},
		"agents": {
			"flow: Default\nsteps:\n  - agent: {name: Bob, accepts: true}\n  - agent: {says: Hi!}\n  - expect: {text: Hi!, from: Bob}\nend: agent\n", "from: Bob", "from: Ada", "it did not come",
		},
		"an agent who is not there": {
			"flow: Default\nsteps:\n  - agent: accepts\n  - agent: leaves\nend: ended\n", "agent: accepts", "skip: 5s", "has not accepted the chat",
		},
		"transfers": {
			"flow: Default\nsteps:\n  - agent: accepts\n  - agent: {transfers: {queue: Sales}}\nend: {chat: queued, queue: Sales}\n", "queue: Sales}\n", "queue: Support}\n", `its queue is "Sales"`,
		},
		"attachments": {
			"flow: Default\nsteps:\n  - agent: accepts\n  - attach: a.pdf\n  - expect: {attachment: a.pdf}\n", "attachment: a.pdf", "attachment: b.pdf", `seen instead`,
		},
		"time": {
			"flow: Customer sign-in\nsteps:\n  - skip: next\nend: queued\n", "skip: next", "skip: 1s", `the chat is "flow"`,
		},
		"sign-in": {
			"flow: Customer sign-in\nsteps:\n  - sign-in: succeeds\n  - expect: You are signed in.\n", "sign-in: succeeds", "sign-in: fails", `seen instead: "To see your account, please sign in."`,
		},
		"bots": {
			"flow: Ask about a parcel\nanswers:\n  - {bot: PARCELDESK/TSTALIASID, hears: where, intent: TrackParcel, says: On its way.}\nsteps:\n  - say: where\n  - expect: On its way.\nend: ended\n",
			"say: where", "say: there", "it did not come",
		},
		"errors": {
			"flow: Default\nanswers:\n  - {queue: BasicQueue, error: QueueAtCapacity}\nend: ended\n", "error: QueueAtCapacity", "error: NoSuchError, times: 1}\n  - {block: Greet, error: X", "",
		},
		"attributes": {
			"flow: Queue with agent\nattributes: {survey: 'yes'}\nsteps:\n  - check: {chat: queued, attributes: {survey: 'yes'}}\n", "{survey: 'yes'}}\n", "{survey: 'no'}}\n", `the attribute survey is "yes"`,
		},
		"staffing": {
			"flow: Queue with agent\nstaffing: {agents: 0}\nsteps:\n  - expect: {contains: obody}\n", "agents: 0", "agents: 1", "it did not come",
		},
		"the end of the chat": {
			"flow: Default\nsteps:\n  - leave: true\nend: ended\n", "leave: true\n", "leave: true\n  - say: hello\n", "the chat was over before",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if r := run(t, scenariotest.Config{}, c.passes); r.Verdict != flowtest.Passed {
				t.Errorf("%s %s\n%s", r.Verdict, r.Why, scenariotest.Transcript(&r.Result))
			}
			if c.why == "" {
				return
			}
			r := run(t, scenariotest.Config{}, strings.Replace(c.passes, c.changed, c.fails, 1))
			if r.Verdict != flowtest.Failed || !strings.Contains(r.Why, c.why) {
				t.Errorf("changed: %s %s\n%s", r.Verdict, r.Why, scenariotest.Transcript(&r.Result))
			}
		})
	}
}

func TestRowS4Snapshots(t *testing.T) {
	t.Parallel()
	const text = "flow: Default\nsnapshot: a.txt\n"
	var kept []byte
	read := func(*scenario.Scenario) ([]byte, error) {
		if kept == nil {
			return nil, fs.ErrNotExist
		}
		return kept, nil
	}
	write := func(_ *scenario.Scenario, data []byte) error {
		kept = data
		return nil
	}
	if r := run(t, scenariotest.Config{Read: read}, text); r.Verdict != flowtest.Failed || !strings.Contains(r.Why, "--update") {
		t.Error(r.Verdict, r.Why)
	}
	if r := run(t, scenariotest.Config{Read: read, Write: write}, text); r.Verdict != flowtest.Passed || !strings.Contains(string(kept), "SYSTEM_MESSAGE: ") {
		t.Errorf("%s %s\n%s", r.Verdict, r.Why, kept)
	}
	if r := run(t, scenariotest.Config{Read: read}, text); r.Verdict != flowtest.Passed {
		t.Error(r.Verdict, r.Why)
	}
	if r := run(t, scenariotest.Config{Read: read}, text+"customer: Ada\nsteps: [{agent: accepts}]\n"); r.Verdict != flowtest.Failed || !strings.Contains(r.Why, " of the transcript is ") {
		t.Error(r.Verdict, r.Why)
	}
}

func TestRowS3UnknownFlow(t *testing.T) {
	t.Parallel()
	if r := run(t, scenariotest.Config{}, "flow: Nowhere\n"); r.Verdict != flowtest.Errored || !strings.Contains(r.Why, `"Nowhere" is not here`) {
		t.Error(r.Verdict, r.Why)
	}
}
