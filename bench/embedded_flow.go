package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/e2e/chatclient"
)

// menuFlow greets, shows a menu, says what was chosen, and shows the menu again.
const menuFlow = `{"Version":"2019-10-30","StartAction":"greet","Actions":[
{"Identifier":"greet","Type":"MessageParticipant","Parameters":{"Text":"Hello!"},"Transitions":{"NextAction":"menu","Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]}},
{"Identifier":"menu","Type":"ShowView","Parameters":{"ViewResource":{"Id":"arn:aws:connect:us-east-1:aws:view/list:1"},"InvocationTimeLimitSeconds":"900","ViewData":{"Heading":"How can we help?","Items":[{"Id":"orders","Heading":"My orders"},{"Id":"account","Heading":"My account"}]}},
 "Transitions":{"NextAction":"end","Conditions":[{"NextAction":"answer","Condition":{"Operator":"Equals","Operands":["ActionSelected"]}}],"Errors":[{"NextAction":"end","ErrorType":"NoMatchingCondition"},{"NextAction":"end","ErrorType":"NoMatchingError"},{"NextAction":"end","ErrorType":"TimeLimitExceeded"}]}},
{"Identifier":"answer","Type":"MessageParticipant","Parameters":{"Text":"You chose $.Views.ViewResultData.actionName."},"Transitions":{"NextAction":"menu","Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]}},
{"Identifier":"end","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}]}`

// choice is what a customer answers to the menu.
const choice = `{"templateType":"ViewResource","version":"1.0","action":"ActionSelected","data":{"actionName":"My orders"}}`

// Types of contents.
const (
	plainText           = "text/plain"
	interactive         = "application/vnd.amazonaws.connect.message.interactive"
	interactiveResponse = interactive + ".response"
)

// patience is how long something is waited for that is a matter of milliseconds.
const patience = 20 * time.Second

// withWeighed runs measure with a server of bench/weighed and the id of menuFlow in it.
func (l *lab) withWeighed(ctx context.Context, more []string, measure func(p *peer, flow string) error) error {
	serve := func(dir string) *peer {
		p := l.embedded(uninspected, dir)
		argv := p.argv
		p.argv = func(address string) []string {
			return append(append([]string{l.program(weighed)}, argv(address)[2:]...), more...)
		}
		return p
	}
	return l.withPeer(ctx, serve, func(p *peer) error {
		flow, err := p.deploy(ctx, menuFlow)
		if err != nil {
			return err
		}
		return measure(p, flow)
	})
}

// deploy creates a contact flow with CreateContactFlow and returns its id.
func (p *peer) deploy(ctx context.Context, content string) (string, error) {
	c, err := dial(ctx, p.address)
	if err != nil {
		return "", err
	}
	defer c.close()
	body, err := json.Marshal(map[string]string{"Name": "Bench", "Type": "CONTACT_FLOW", "Content": content})
	if err != nil {
		return "", fmt.Errorf("deploying a flow: %w", err)
	}
	var answer bytes.Buffer
	err = c.exchange(wire("PUT", "/contact-flows/12345678-1234-1234-1234-123456789012", p.address, "", body), &answer)
	var created struct{ ContactFlowId string }
	if err = errors.Join(err, json.Unmarshal(answer.Bytes(), &created)); err != nil {
		return "", fmt.Errorf("deploying a flow: %w: %s", err, answer.Bytes())
	}
	return created.ContactFlowId, nil
}

// talk is a chat whose customer waits for each answer.
type talk struct {
	room *room
	said string // the content, and the type of it
	kind string
	// last is the type of the last message of an answer: a flow shows its menu after its text.
	last  string
	came  time.Time
	heard chan time.Time
}

// hear takes a frame of the customer's socket.
func (t *talk) hear(frame []byte) {
	now := time.Now()
	item, ok := chatclient.Shown(frame)
	if !ok || item.Type != "MESSAGE" || item.ParticipantRole == "CUSTOMER" {
		return
	}
	if t.came.IsZero() {
		t.came = now
	}
	if item.ContentType == t.last {
		t.heard <- t.came
		t.came = time.Time{}
	}
}

// answer waits for the end of an answer, and returns when the first message of it came.
func (t *talk) answer(ctx context.Context) (time.Time, error) {
	select {
	case came := <-t.heard:
		return came, nil
	case <-ctx.Done():
		return time.Time{}, fmt.Errorf("waiting for an answer: %w", ctx.Err())
	}
}

// measureAnswers lets the customers of chats with a flow and of chats with the built-in partner speak
// in turn, at a steady rate, and times each from before the request until the answer was read.
func (l *lab) measureAnswers(ctx context.Context, r *embeddedResult) error {
	if r.talks == 0 {
		return nil
	}
	return l.withWeighed(ctx, []string{"--partner=true"}, func(p *peer, flow string) error {
		kinds := [2][]*talk{
			talks(r.talks, talk{said: choice, kind: interactiveResponse, last: interactive}),
			talks(r.talks, talk{said: text, kind: plainText, last: plainText}),
		}
		for n, flow := range []string{flow, ""} {
			all, err := openRooms(ctx, p, opening{r.talks, 1, func(room, _ int) func([]byte) { return kinds[n][room].hear }, flow})
			if err != nil {
				return err
			}
			defer all.close()
			for i, room := range all.each {
				kinds[n][i].room = room
			}
		}
		greeted, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		for _, t := range slices.Concat(kinds[0], kinds[1]) {
			if _, err := t.answer(greeted); err != nil {
				return err
			}
		}
		for round := range r.rounds {
			var counted [2]tally
			s := l.sample(ctx, p, r.warmup, r.duration, func(t timing) tally {
				counted = converse(ctx, p.address, kinds, r.rate, t)
				return tally{
					latencies: slices.Sorted(slices.Values(slices.Concat(counted[0].latencies, counted[1].latencies))),
					errors:    counted[0].errors + counted[1].errors, firstErr: errors.Join(counted[0].firstErr, counted[1].firstErr),
				}
			})
			r.answers = append(r.answers, s)
			flow, partner := percentile(counted[0].latencies, 99), percentile(counted[1].latencies, 99)
			r.ofFlow, r.ofPartner = append(r.ofFlow, inMilliseconds(flow)), append(r.ofPartner, inMilliseconds(partner))
			l.say("round %d/%d  answers   %7.0f answers/s   p99 %8s of a flow, %8s of the partner", round+1, r.rounds, s.rate, milliseconds(flow), milliseconds(partner))
		}
		return nil
	})
}

// talks are so many like the one given.
func talks(count int, like talk) []*talk {
	list := make([]*talk, count)
	for i := range list {
		t := like
		t.heard = make(chan time.Time, 16)
		list[i] = &t
	}
	return list
}

// converse lets all customers speak until the end of the timing, those of the two kinds in turn.
func converse(ctx context.Context, address string, kinds [2][]*talk, rate int, t timing) (sum [2]tally) {
	ctx, cancel := context.WithDeadline(ctx, t.to.Add(5*time.Second))
	defer cancel()
	count := len(kinds[0]) + len(kinds[1])
	every := time.Second * time.Duration(count) / time.Duration(rate)
	begin := time.Now()
	var wg sync.WaitGroup
	var mu sync.Mutex
	for n := range count {
		wg.Go(func() {
			one := kinds[n%2][n/2].speak(ctx, address, begin.Add(every*time.Duration(n)/time.Duration(count)), every, t)
			mu.Lock()
			defer mu.Unlock()
			all := &sum[n%2]
			all.latencies = append(all.latencies, one.latencies...)
			all.errors += one.errors
			all.firstErr = errors.Join(all.firstErr, one.firstErr)
		})
	}
	wg.Wait()
	for i := range sum {
		slices.Sort(sum[i].latencies)
	}
	return sum
}

// speak says the same again and again, each time after the answer.
func (t *talk) speak(ctx context.Context, address string, due time.Time, every time.Duration, timed timing) (sum tally) {
	c, err := dial(ctx, address)
	if err == nil {
		defer c.close()
	}
	for ; err == nil && due.Before(timed.to); due = due.Add(every) {
		pause(ctx, time.Until(due))
		start := time.Now()
		var came time.Time
		if err = c.exchange(t.room.say(address, t.kind, t.said), nil); err == nil {
			came, err = t.answer(ctx)
		}
		if err == nil && came.After(timed.from) && came.Before(timed.to) {
			sum.latencies = append(sum.latencies, came.Sub(start))
		}
	}
	if err != nil {
		sum.errors, sum.firstErr = 1, err
	}
	return sum
}
