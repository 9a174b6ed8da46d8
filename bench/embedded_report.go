package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// embeddedResult is everything that was measured of the embedded Amazon Connect.
type embeddedResult struct {
	embeddedOptions
	empty, restarts spread              // in milliseconds
	messages        map[string][]sample // by how chats are kept, one a round
	recorded        []sample            // one a turn, with the inspector
	unrecorded      []sample            // and without
	flushes         spread              // a second, of the bare disk
	fanOut, answers []sample
	// Answers of a flow and of the built-in partner, p99 in milliseconds; heap of chats at a menu and
	// without a flow, in bytes; processor time of an assignment with few and with many chats waiting, in
	// milliseconds; each one a round.
	ofFlow, ofPartner   spread
	played              spread // CPU in milliseconds of turnsEach turns in a scenario
	spoken, driven      spread // the same through a server: its own, and that of its client
	atMenu, withoutFlow spread
	few, many           spread
	idle, full, peak    spread // memory, in bytes, each one a round
	connecting          time.Duration
	beating             float64 // cores
	revision            string
	loadBefore          string
	loadAfter           string
}

// chatSize is the memory of a chat in KiB, in each round.
func (r *embeddedResult) chatSize() spread {
	var size spread
	for n := range r.full {
		size = append(size, (r.full[n]-r.idle[n])/1024/float64(r.chats))
	}
	return size
}

// figures takes one figure out of samples.
func figures(samples []sample, figure func(sample) float64) spread {
	var s spread
	for _, one := range samples {
		s = append(s, figure(one))
	}
	return s
}

func rateOf(s sample) float64 { return s.rate }
func p50Of(s sample) float64  { return inMilliseconds(s.p50) }
func p99Of(s sample) float64  { return inMilliseconds(s.p99) }
func cpuOf(s sample) float64  { return s.cpu }

func (r *embeddedResult) console() string {
	return "\n" + r.targets() + "\n" + r.runs() + "\n" + r.circumstances()
}

// markdown is docs/benchmarks-embedded.md.
func (r *embeddedResult) markdown() string {
	var b strings.Builder
	b.WriteString("<!-- Written by make bench; changes by hand are lost. -->\n\n# Benchmarks of the embedded Amazon Connect\n\n")
	b.WriteString("What `parley serve` bears with its embedded Amazon Connect, one process on a developer's machine. Chats are kept " +
		"durably: a message is on disk before its sender is answered, and before anybody sees it.\n\n")
	b.WriteString("## Against the targets\n\n" + r.targets())
	b.WriteString("\nMedians over the rounds (lowest–highest).\n")
	b.WriteString("\n## Under load\n\n" + r.runs())
	b.WriteString("\n*CPU* is the server's processor time, user and kernel, in seconds per 10,000 messages, or per 10,000 frames " +
		"for the fan-out; *cores* is how much of the machine it used. *Peak* is the most memory that was resident. Errors are all " +
		"answers other than 200 and all frames that did not arrive or came twice, warm-up included.\n")
	b.WriteString("\n## How it is measured\n\n")
	for _, line := range []string{
		fmt.Sprintf("**Messages**: %d connections, each to a chat of its own, send one message of %d characters after the other "+
			"through SendMessage, with a client token each. Nobody listens. The inspector records each call, as it does by default. *Ephemeral* is the same with `--ephemeral`. At the end "+
			"the transcript of a chat has to hold every message once. *In turn* are a server with the inspector and one without, loaded like that for %v each, %d times: "+
			"what the inspector costs is less than what a disk differs from one minute to the next.", r.writers, len(text), turnTime, r.rounds*turnsARound),
		fmt.Sprintf("**Fan-out**: %d chats with %d sockets each; %d messages a second, evenly spread over the chats, timed from before "+
			"the request until the frame has been read from each socket.", r.rooms, socketsEach, r.rate),
		fmt.Sprintf("**Answers**: %d chats with a contact flow and as many with the built-in partner, in one server; %d messages a second of "+
			"all of them, of the two kinds in turn, each timed from before the request until the answer's text has been read from the socket. The flow "+
			"is at a menu, says what was chosen and shows the menu again; the partner repeats a text, without its pause for typing.", r.talks, r.rate),
		fmt.Sprintf("**Scenarios**: one file with %d scenarios of %d turns at the same menu, run by `parley flow test`, its start included in equal "+
			"parts; and as many chats of as many turns through a server, from their starts on, whose processor time counts with that of the client.", r.scenarios, turnsEach),
		fmt.Sprintf("**Heap at a menu**: what is reachable in the server after a collection, with %d connected chats at the menu of a flow and with as "+
			"many without a flow, which wait for an agent, less what was before; a server of its own each round, the two kinds in turn first.", r.menus),
		fmt.Sprintf("**Assignments**: %d scripted agents with room for one chat each have one, and the others wait. A customer leaves, the agent "+
			"gets the next chat, and another customer comes: the server's processor time for all of that, %d times a round, in turn in a server with %d chats "+
			"waiting and in one with %d.", agents, assignments, fewWaiting, r.waiting),
		"**Memory of a chat**: resident memory with all chats connected and subscribed less that of the idle server, divided by " +
			"their number, without the inspector, whose record has a bound of its own (64 MiB). Each sends both kinds of heartbeat every ten seconds, as chatjs does, and every one has to be answered.",
		fmt.Sprintf("**Restart**: from starting the program to the first 200 of `/readyz`, with all chats of the store active, %d "+
			"items each. The file is in the system's cache.", itemsEach),
		"**Start**: from starting the program on an empty directory until its first chat has been started and stored.",
	} {
		b.WriteString("- " + line + "\n")
	}
	b.WriteString("\nThe load comes from the same machine and shares its cores with the server. Repeat it with `make bench`, or with " +
		"`go run ./bench embedded`; `-h` shows how to shorten it.\n")
	b.WriteString("\n## Circumstances\n\n" + r.circumstances())
	return b.String()
}

// targets compares with what the project promises.
func (r *embeddedResult) targets() string {
	rows := [][]string{{"", "target", "measured", ""}}
	add := func(what, target, format string, met bool, values spread) {
		verdict := "not measured"
		if len(values) > 0 {
			verdict = "missed"
			if met {
				verdict = "met"
			}
		}
		rows = append(rows, []string{what, target, values.text(format), verdict})
	}
	size := r.chatSize()
	sent := r.messages[durable]
	rate, p99, fan := figures(sent, rateOf), figures(sent, p99Of), figures(r.fanOut, p99Of)
	add(fmt.Sprintf("memory of each of %d connected chats", r.chats), "≤ 12 KiB", "%.1f KiB", size.median() <= 12, size)
	add(fmt.Sprintf("durable messages, %d writers", r.writers), "≥ 5,000/s", "%.0f/s", rate.median() >= 5000, rate)
	add("their p99", "< 25 ms", "%.1f ms", p99.median() < 25, p99)
	kept := divide(figures(r.recorded, rateOf), figures(r.unrecorded, rateOf))
	add("their rate with the inspector to that without", "≥ 0.95", "%.2f", kept.median() >= 0.95, kept)
	add(fmt.Sprintf("fan-out p99, %d sockets", r.rooms*socketsEach), "< 15 ms", "%.1f ms", fan.median() < 15, fan)
	add(fmt.Sprintf("restart with %d items until ready", r.items), "< 1 s", "%.0f ms", r.restarts.median() < 1000, r.restarts)
	add("start on an empty store until the first chat", "< 100 ms", "%.0f ms", r.empty.median() < 100, r.empty)
	later := divide(r.ofFlow, r.ofPartner)
	add("p99 of a flow's answers to that of the built-in partner's", "≤ 1.3", "%.2f", later.median() <= 1.3, later)
	var more spread
	for i := range r.atMenu {
		more = append(more, (r.atMenu[i]-r.withoutFlow[i])/1024)
	}
	add("heap of a chat at a menu of a flow, more than without a flow", "≤ 2 KiB", "%.2f KiB", more.median() <= 2, more)
	var through spread
	for i := range r.spoken {
		through = append(through, r.spoken[i]+r.driven[i])
	}
	share := divide(r.played, through)
	add(fmt.Sprintf("CPU of a scenario of %d turns, from file to verdict, to that of a server and its client for them", turnsEach), "≤ 0.02", "%.3f", share.median() <= 0.02, share)
	dearer := divide(r.many, r.few)
	add(fmt.Sprintf("CPU of an assignment with %d waiting to that with %d", r.waiting, fewWaiting), "≤ 1.5", "%.2f", dearer.median() <= 1.5, dearer)
	return table(rows)
}

// runs is the table of everything under load.
func (r *embeddedResult) runs() string {
	rows := [][]string{{"", "a second", "p50 ms", "p99 ms", "CPU s/10,000", "cores", "peak MiB", "errors"}}
	add := func(what string, samples []sample) {
		if len(samples) == 0 {
			return
		}
		errs := 0
		for _, s := range samples {
			errs += s.errors
		}
		rows = append(rows, []string{
			what, figures(samples, rateOf).text("%.0f"), figures(samples, p50Of).text("%.2f"), figures(samples, p99Of).text("%.2f"),
			figures(samples, cpuOf).text("%.2f"), fmt.Sprintf("%.2f", figures(samples, func(s sample) float64 { return s.cores }).median()),
			fmt.Sprintf("%.0f", figures(samples, func(s sample) float64 { return float64(s.peak) / mib }).median()), fmt.Sprint(errs),
		})
	}
	add("messages, durable", r.messages[durable])
	add("messages, ephemeral", r.messages[ephemeral])
	add("in turn: messages, durable", r.recorded)
	add("in turn: without the inspector", r.unrecorded)
	add("frames of the fan-out", r.fanOut)
	text := table(rows)
	ratio := divide(figures(r.messages[durable], rateOf), figures(r.messages[ephemeral], rateOf))
	if len(ratio) > 0 {
		text += "\nDurable to ephemeral messages a second: " + ratio.text("%.2f") + "; the bare disk flushes " +
			r.flushes.text("%.0f") + " times a second, and messages that come together share a flush.\n"
	}
	if len(r.full) > 0 {
		text += fmt.Sprintf("\n%d chats: connected in %.1f s; %.1f MiB resident idle, %.1f MiB with the chats, %.1f MiB at most; heartbeats use %.2f cores.\n",
			r.chats, r.connecting.Seconds(), r.idle.median()/mib, r.full.median()/mib, r.peak.median()/mib, r.beating)
	}
	if len(r.played) > 0 {
		text += fmt.Sprintf("\nCPU of %d turns: %s ms in a scenario, %s ms of a server and %s ms of its client.\n", turnsEach,
			r.played.text("%.2f"), r.spoken.text("%.2f"), r.driven.text("%.2f"))
	}
	if len(r.ofFlow) > 0 {
		text += fmt.Sprintf("\nAnswers, %.0f a second: p99 %s ms of a flow, %s ms of the built-in partner.\n",
			figures(r.answers, rateOf).median(), r.ofFlow.text("%.2f"), r.ofPartner.text("%.2f"))
	}
	if len(r.atMenu) > 0 {
		text += fmt.Sprintf("\nHeap of each of %d chats: %s KiB at a menu, %s KiB without a flow.\n", r.menus, r.atMenu.scaled(1024).text("%.2f"), r.withoutFlow.scaled(1024).text("%.2f"))
	}
	if len(r.many) > 0 {
		text += fmt.Sprintf("\nCPU of an assignment to one of %d agents: %s ms with %d waiting, %s ms with %d.\n",
			agents, r.few.text("%.2f"), fewWaiting, r.many.text("%.2f"), r.waiting)
	}
	return text
}

// circumstances tells what the figures depend on.
func (r *embeddedResult) circumstances() string {
	var foreign spread
	for _, samples := range [][]sample{r.messages[durable], r.messages[ephemeral], r.fanOut, r.answers} {
		foreign = append(foreign, figures(samples, func(s sample) float64 { return s.foreign })...)
	}
	return "- " + strings.Join([]string{
		r.revision,
		fmt.Sprintf("%s, %s/%s; %s, %d cores, shared by server and load", runtime.Version(), runtime.GOOS, runtime.GOARCH, processor(), runtime.NumCPU()),
		fmt.Sprintf("%d rounds of %s after %s of warm-up; %d starts, %d restarts", r.rounds, r.duration, r.warmup, len(r.empty), len(r.restarts)),
		fmt.Sprintf("foreign load under load: %s cores; load average before %s, after %s", foreign.text("%.2f"), r.loadBefore, r.loadAfter),
		time.Now().UTC().Format("2 January 2006"),
	}, "\n- ") + "\n"
}
