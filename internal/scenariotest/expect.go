package scenariotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/scenario"
	"github.com/parley-chat/parley/internal/testcase"
	"github.com/parley-chat/parley/internal/transcript"
)

// expect looks for what a step expects in what was heard after what was expected before, and goes on to
// the next step.
func (st *stage) expect(step *scenario.Step) bool {
	for i := st.from; i < len(st.heard); i++ {
		item := &st.heard[i]
		if meets(step.Expect, item) {
			st.checks = append(st.checks, flowtest.Check{ID: st.id(step), Verdict: flowtest.Passed, Expected: wanted(step.Expect), Seen: seen(item)})
			st.from = i + 1
			st.done()
			return true
		}
	}
	return false
}

// miss fails the scenario at something that did not come, with what came nearest.
func (st *stage) miss(step *scenario.Step, why string) {
	c := flowtest.Check{ID: st.id(step), Verdict: flowtest.Failed, Expected: wanted(step.Expect), Why: why}
	e := step.Expect
	text := e.Text + e.Contains + e.Like
	var others []string
	for i := st.from; i < len(st.heard); i++ {
		item := &st.heard[i]
		if !shown(item) {
			continue
		}
		others = append(others, seen(item))
		if out := testcase.Compare(testcase.Similarity, text, item.text); text != "" && (c.Best == nil || out.Score > c.Best.Score) {
			c.Best = &flowtest.Match{Text: item.text, Score: out.Score}
		}
	}
	if len(others) > 0 {
		c.Seen = strings.Join(others, ", then ")
		c.Why += "; seen instead: " + c.Seen
	}
	st.failed = true
	st.checks = append(st.checks, c)
}

// shown reports whether the customer is shown something by somebody else.
func shown(item *heard) bool {
	return item.Role != transcript.Customer && (item.HasContent && item.Type == transcript.MessageItem || len(item.Attachments) > 0)
}

// meets reports whether something is what is expected.
func meets(e *scenario.Expect, item *heard) bool {
	text := item.text
	switch {
	case e.Attachment != "":
		if !slices.ContainsFunc(item.Attachments, func(a transcript.Attachment) bool { return a.Name == e.Attachment }) {
			return false
		}
	case !shown(item):
		return false
	}
	return (e.Text == "" || e.Text == text) && (e.Contains == "" || strings.Contains(text, e.Contains)) &&
		(e.Like == "" || testcase.Compare(testcase.Similarity, e.Like, text).Met) && (e.Matches == nil || e.Matches.MatchString(text)) &&
		(e.View == "" || e.View == item.view) && (e.From == "" || e.From == item.DisplayName || e.From == string(item.Role))
}

// template reads the title of an interactive message, and what can be chosen in it: the titles of all
// elements.
func template(content string) (title string, titles []string) {
	var message struct {
		Data struct {
			Content struct {
				Title    string
				Elements []struct{ Title string }
			}
		}
	}
	if json.Unmarshal([]byte(content), &message) != nil {
		return "", nil
	}
	titles = []string{}
	for _, e := range message.Data.Content.Elements {
		titles = append(titles, e.Title)
	}
	return message.Data.Content.Title, titles
}

// titlesOf is what can be chosen in the last interactive message; nil without one.
func titlesOf(all []heard) []string {
	for _, item := range slices.Backward(all) {
		if item.ContentType == transcript.Interactive {
			_, titles := template(item.Content)
			return titles
		}
	}
	return nil
}

func seen(item *heard) string {
	if len(item.Attachments) > 0 {
		return fmt.Sprintf("the file %q", item.Attachments[0].Name)
	}
	return strconv.Quote(item.text)
}

// wanted says what is expected.
func wanted(e *scenario.Expect) string {
	var all []string
	if e.Text != "" {
		all = append(all, strconv.Quote(e.Text))
	}
	add := func(format, text string) {
		if text != "" {
			all = append(all, fmt.Sprintf(format, text))
		}
	}
	add("a text with %q", e.Contains)
	add("a text like %q", e.Like)
	if e.Matches != nil {
		add("a text that matches %s", e.Matches.String())
	}
	add("the view %s", e.View)
	add("the file %q", e.Attachment)
	add("from %s", e.From)
	return strings.Join(all, ", ")
}

// snapshot compares the transcript with its file, or writes it.
func (st *stage) snapshot(result *flowtest.Result) {
	c := flowtest.Check{ID: fmt.Sprintf("snapshot (line %d)", st.s.SnapshotLine), Verdict: flowtest.Passed, Expected: "the transcript of " + st.s.Snapshot}
	got := Transcript(result)
	switch {
	case st.cfg.Write != nil:
		if err := st.cfg.Write(st.s, got); err != nil {
			c.Verdict, c.Why = flowtest.Failed, err.Error()
		}
	case st.cfg.Read == nil:
		st.note("the snapshot %s was not compared: no file can be read here", st.s.Snapshot)
		return
	default:
		want, err := st.cfg.Read(st.s)
		want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			c.Verdict, c.Why = flowtest.Failed, "there is no file "+st.s.Snapshot+": `parley flow test --update` writes it"
		case err != nil:
			c.Verdict, c.Why = flowtest.Failed, err.Error()
		case !bytes.Equal(want, got):
			c.Verdict, c.Why = flowtest.Failed, difference(string(want), string(got))+"; `parley flow test --update` writes it anew"
		}
	}
	st.failed = st.failed || c.Verdict == flowtest.Failed
	st.checks = append(st.checks, c)
}

// difference is the first line in which two texts differ.
func difference(want, got string) string {
	wanted, gotten := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(wanted), len(gotten)) {
		a, b := "nothing", "nothing"
		if i < len(wanted) {
			a = fmt.Sprintf("%q", strings.TrimSpace(wanted[i]))
		}
		if i < len(gotten) {
			b = fmt.Sprintf("%q", strings.TrimSpace(gotten[i]))
		}
		if a != b {
			return fmt.Sprintf("line %d of the transcript is %s, and was %s", i+1, b, a)
		}
	}
	return "the transcript differs"
}

// Transcript is a transcript as snapshots have it: the time since the beginning, who, and what.
func Transcript(r *flowtest.Result) []byte {
	var b bytes.Buffer
	for i := range r.Transcript {
		l := &r.Transcript[i]
		from := l.From
		if from != "" {
			from += ": "
		}
		text := strings.ReplaceAll(l.String(), "\n", "\n           ")
		fmt.Fprintf(&b, "%9s  %s%s\n", l.Time.Sub(r.Transcript[0].Time).Round(1e9), from, text)
	}
	return b.Bytes()
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
