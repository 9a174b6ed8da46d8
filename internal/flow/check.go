package flow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// check reports what will not run in a chat, or not as it seems to. It looks at the ways that a chat
// can take: what stands behind the branch of calls says nothing.
func (c *compiler) check() {
	p := c.program
	g, places := p.graph(), slots()
	drawn := make([]bool, len(p.nodes))
	follow(p.start, drawn, func(at int) []way { return p.nodes[at].drawn() })
	for at := range p.nodes {
		n, a := &p.nodes[at], &c.source.Document.Actions[at]
		if !drawn[at] {
			c.report(Doubtful, "unreachable", a, "nothing leads to this block", "connect it, or take it away")
		}
		if !g.reached[at] {
			continue
		}
		if n.block == nil {
			c.catches(a, n)
			continue
		}
		c.outcome(a, n, g.rehearsed[at])
		c.branches(a, n, g.rehearsed[at])
		c.references(a, n, places)
	}
	for _, circle := range p.circles(&g) {
		c.circle(circle, &g)
	}
	c.sort()
}

// sort puts the findings into the order of the document.
func (c *compiler) sort() {
	slices.SortStableFunc(c.findings, func(x, y Finding) int { return c.place(x) - c.place(y) })
}

// place is where a finding belongs: at its action, and before all of them without one.
func (c *compiler) place(f Finding) int {
	if at, ok := c.program.index[f.Action]; ok {
		return at
	}
	return none
}

// outcome reports an action that comes out in one way whatever the contact is: that always fails in
// a chat, that does less than it seems to, or that nothing here answers.
func (c *compiler) outcome(a *Action, n *node, found rehearsal) {
	t := c.types[n.kind]
	switch out := found.outcome; {
	case out.kind == failed:
		rule, remedy := "fails", "correct its parameters"
		if t.Support == ErrorBranch || n.forCalls() {
			rule, remedy = "chat", elsewhere
		}
		if found.note == voiceIDEnded {
			remedy = "take the block away, or its members of Voice ID"
		} else if t.unanswered {
			rule, remedy = "not-run", ""
		}
		switch w := n.leaving(out); {
		case w.to != none:
			c.report(Doubtful, rule, a, fmt.Sprintf("%s: it takes the branch %s at once, to %s", found.note, w.branch, c.block(w.to)), remedy)
		case t.last:
			c.report(Doubtful, rule, a, fmt.Sprintf("%s: it fails, and the flow stops there", found.note), elsewhere)
		default:
			c.report(Doubtful, rule, a, fmt.Sprintf("%s: it fails with %s and has no branch for it, so that the flow stops there", found.note, out.result), "give it a branch for "+noMatch)
		}
	case found.asks && t.Support == ErrorBranch:
		c.report(Doubtful, "not-run", a, strings.TrimSuffix(t.Note, "."), "")
	case found.note != "":
		c.report(Doubtful, "differs", a, found.note, "")
	}
}

// elsewhere is what to do about a block that is not for chats.
const elsewhere = "lead chats another way if they should not get that branch: compare $.Channel with CHAT before it"

// forCalls reports whether an action fails because of what only calls have, which has to do with its
// parameters and not with its type.
func (n *node) forCalls() bool {
	switch n.kind {
	case "MessageParticipant":
		return n.params["Text"] == nil && (n.params["PromptId"] != nil || n.params["Media"] != nil)
	case "UpdateContactEventHooks", "UpdateContactRecordingAndAnalyticsBehavior", "UpdateContactData":
		return true
	}
	return false
}

// block is an action in a sentence about another.
func (c *compiler) block(at int) string {
	a := &c.source.Document.Actions[at]
	if name := c.displayName(a); name != a.Identifier {
		return fmt.Sprintf("%q (%s)", a.Identifier, name)
	}
	return fmt.Sprintf("%q", a.Identifier)
}

// branches reports outcomes that no branch is there for, and branches that no outcome takes.
func (c *compiler) branches(a *Action, n *node, found rehearsal) {
	missing := func(what string) { c.missing(a, what) }
	if found.asks {
		c.catches(a, n)
	}
	if n.kind == "MessageParticipant" && found.outcome.kind == finished && n.onlyPaths("Text") && !n.catches() {
		missing("an empty text (" + noMatch + ")")
	}
	results := n.results()
	for _, w := range c.program.ways(n, found) {
		switch {
		case w.to != none:
		case w.branch == "NextAction" && (found.outcome.kind == finished || found.asks && n.finishes()):
			c.report(Doubtful, "next-action", a, "nothing follows this block: the flow ends there", "connect it, or end the flow with a block of its own")
		case w.branch == "NextAction" && results == nil && found.outcome.kind != failed:
			missing("a result that no condition holds for (" + noMatchingCondition + ")")
		}
	}
	for _, result := range results {
		if found.outcome.kind != failed && !n.compares(result) {
			if w := n.otherwise(); w.to == none {
				missing("the result " + result)
			} else {
				c.report(Doubtful, "missing-branch", a, fmt.Sprintf("there is no branch for the result %s: it leads to %s", result, c.block(w.to)), "connect the branch in the designer")
			}
		}
	}
	for _, e := range n.errors {
		if meant := errorMeant(e.kind); meant != e.kind {
			c.report(Doubtful, "never", a, fmt.Sprintf("the branch for the error %q is never taken", e.kind), "capitals count in it: write "+meant)
		}
	}
	for _, cond := range n.conditions {
		operand, is := cond.operand.plain.(string)
		if is && results != nil && !slices.Contains(results, operand) && (n.kind != "Wait" || operand != "Continue") {
			c.report(Doubtful, "never", a, fmt.Sprintf("the branch %q is never taken", operand), "the results of this block are "+strings.Join(results, ", "))
		}
	}
	if n.kind == "Compare" && n.params["ComparisonValue"].literal() {
		c.report(Doubtful, "compare", a, "the value to compare holds no path, so that the branch is always the same", "compare a path such as $.Attributes.name")
	}
}

// errorMeant is the error of Amazon Connect that a name is but for capitals, and else the name.
func errorMeant(name string) string {
	for _, known := range []string{
		noMatch, noMatchingCondition, tooSlow, "InputTimeLimitExceeded", "QueueAtCapacity", "ParticipantNotFound", "ChannelMismatch",
		"InFlightRedactionConfigurationFailed", "InvalidPhoneNumber", "InvalidCallbackNumber", "CallbackNumberNotDialable", "CallFailed",
		"ConnectionTimeLimitExceeded", "MultipleFoundError", "NoneFoundError", "MultipleFound", "NoneFound", "ContactNotLinked", "TemplateRenderingError",
	} {
		if strings.EqualFold(known, name) {
			return known
		}
	}
	return name
}

// missing reports an outcome that stops the flow.
func (c *compiler) missing(a *Action, what string) {
	c.report(Doubtful, "missing-branch", a, what+" stops the flow: there is no branch for it", "connect the branch in the designer")
}

// catches reports an action that can fail and has no branch for it.
func (c *compiler) catches(a *Action, n *node) {
	if !n.catches() {
		c.missing(a, "a failure ("+noMatch+")")
	}
}

// compares reports whether a result has a condition, as far as that can be seen.
func (n *node) compares(result string) bool {
	return slices.ContainsFunc(n.conditions, func(c conditionBranch) bool {
		return !c.operand.still() || c.branch.Operator == keyExists || c.holds(result, Text(c.operand.plain))
	})
}

// literal reports whether a parameter is missing or has no path in it.
func (v *value) literal() bool { return v == nil || v.still() }

// onlyPaths reports whether a text may turn out to be empty: nothing but blanks stands between its
// paths.
func (n *node) onlyPaths(name string) bool {
	v := n.params[name]
	return v != nil && v.parts != nil && !slices.ContainsFunc(v.parts, func(p part) bool {
		return p.path == nil && strings.TrimSpace(p.text) != ""
	})
}

// references reports resources that were never chosen.
func (c *compiler) references(a *Action, n *node, places []slot) {
	for _, f := range named(a, places) {
		shown := ""
		if f.value == "" || f.kind == ViewResource {
			shown = f.shown(c.source.Document.Metadata.ActionMetadata[a.Identifier].Members)
		}
		switch {
		case f.value == "" && shown == "":
			c.report(Doubtful, "empty-reference", a, fmt.Sprintf("%s is empty: no %s was chosen, and the block fails", strings.Join(f.at, "."), f.kind), "choose one in the designer")
		case f.kind == ViewResource:
			c.view(a, f.value, shown)
		}
	}
	if hooks, _ := a.Parameters["EventHooks"].(map[string]any); n.kind == "UpdateContactEventHooks" && len(hooks) == 0 && a.Parameters["EventHooksConfiguration"] == nil {
		c.report(Doubtful, "empty-reference", a, "no flow was chosen for any hook: nothing is set", "choose one in the designer")
	}
	for _, required := range requiredReference(n.kind) {
		if _, there := a.Parameters[required[0]]; there || len(required) > 1 && a.Parameters[required[1]] != nil {
			continue
		}
		c.report(Doubtful, "empty-reference", a, fmt.Sprintf("%s is missing, and the block fails", strings.Join(required, " or ")), "choose one in the designer")
	}
}

// requiredReference are the parameters, or pairs of which one is enough, without which an action
// fails.
func requiredReference(kind string) [][]string {
	switch kind {
	case "UpdateContactTargetQueue", "DequeueContactAndTransferToQueue":
		return [][]string{{"QueueId", "AgentId"}}
	case "TransferToFlow":
		return [][]string{{"ContactFlowId"}}
	case invokeModule:
		return [][]string{{"FlowModuleId"}}
	case "InvokeLambdaFunction":
		return [][]string{{"LambdaFunctionARN"}}
	case "ConnectParticipantWithLexBot":
		return [][]string{{"LexV2Bot", "LexBot"}}
	case "ShowView":
		return [][]string{{"ViewResource"}}
	}
	return nil
}

// view reports a view that shows nothing, has too much to show, or is not known outside its instance.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/show-view-block.html
func (c *compiler) view(a *Action, id, shown string) {
	data, _ := a.Parameters["ViewData"].(map[string]any)
	own := isOwnView(id) || isOwnView(shown)
	if own && len(data) == 0 {
		c.report(Doubtful, "view-data", a, fmt.Sprintf("the view %q has no data: it is shown empty", cmp.Or(shown, id)), "fill in the fields of the view in the designer")
	}
	if !own {
		c.report(Doubtful, "view-template", a, fmt.Sprintf("the template of the view %q is in its instance, and not in a flow: it is shown without", cmp.Or(shown, id)),
			"try the flow with one of the views that every instance has: form, list, detail, cards or confirmation")
	}
	if len(Text(a.Parameters["ViewData"])) > MaxViewData {
		c.report(Doubtful, "view-data", a, fmt.Sprintf("the view's data has more than %d bytes: it takes the branch %s", MaxViewData, noMatch), "show less")
	}
}

// isOwnView reports whether a view is one of those that every instance has.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/view-resources-managed-view.html
func isOwnView(id string) bool {
	if _, tail, is := strings.Cut(id, ":aws:view/"); is {
		id, _, _ = strings.Cut(tail, ":")
	}
	return slices.Contains([]string{"form", "list", "detail", "cards", "confirmation"}, strings.ToLower(id))
}

// circle reports actions that a chat can go round in without waiting.
func (c *compiler) circle(circle []int, g *graph) {
	inside := make(map[int]bool, len(circle))
	for _, at := range circle {
		inside[at] = true
	}
	leads := slices.ContainsFunc(circle, func(at int) bool {
		return len(g.ways[at]) == 0 || slices.ContainsFunc(g.ways[at], func(w way) bool { return !inside[w.to] })
	})
	names := make([]string, 0, len(circle))
	for _, at := range circle {
		names = append(names, c.block(at))
	}
	if len(names) > 5 {
		names = append(names[:5], fmt.Sprintf("and %d more", len(names)-5))
	}
	text := "the flow turns in a circle"
	if leads {
		text = "the flow can turn in a circle"
	}
	c.report(Doubtful, "circle", &c.source.Document.Actions[circle[0]],
		fmt.Sprintf("%s that waits for nobody, and is stopped after %d actions: %s", text, maxSteps, strings.Join(names, ", ")),
		"put a Wait, a question or a Loop into the circle")
}
