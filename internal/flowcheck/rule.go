package flowcheck

import (
	"encoding/json"
	"slices"

	"github.com/parley-chat/parley/internal/flow"
)

// Rule is what a finding goes by.
type Rule struct {
	ID string
	// Level is that of its findings. A finding that keeps a flow from running is an error whatever
	// stands here.
	Level flow.Level
	// Says is the rule in a sentence, Remedy what to do where the finding does not say more.
	Says, Remedy string
	// Page is the address of the documentation; of some rules each type of action has its own.
	Page string
	// Fix says what [Fix] writes, and is empty where there is more than one right form.
	Fix string
	// ofAction says that the page of the action's type is nearer than that of the rule.
	ofAction bool
	// insteadOf are rules that say less about the same block.
	insteadOf []string
	// action, flow and test look for it in each action, in a flow and in a test case. All are nil for
	// what is found when a flow is read or made ready.
	action func(i *inspection, a *flow.Action)
	flow   func(i *inspection)
	test   func(t *testCase)
}

// Rules are all rules, those first that Amazon Connect goes by when a flow is published. A rule is
// added here, with its function in the file of its subject and a case of the test.
func Rules() []Rule {
	const (
		language, actions = reference + "flow-language.html", reference + "flow-language-actions.html"
		blocks            = guide + "contact-block-definitions.html"
		export            = guide + "contact-flow-import-export.html"
		connect           = "connect the branch in the flow designer"
	)
	rules := []Rule{
		// What publishing refuses.
		{ID: "unknown-type", Says: "A type of action that does not exist.", Page: actions, Fix: "the type's spelling, where only that is wrong"},
		{ID: "version", Says: "Version is not 2019-10-30.", Page: language, Fix: "the version"},
		{ID: "size", Says: "More actions or characters than a flow may have.", Page: language},
		{ID: "identifier", Says: "An Identifier is missing, too long, or there twice.", Page: actions},
		{ID: "identifier-characters", Says: "An Identifier has a character or is a word that is not allowed.", Remedy: "rename it, and what leads to it", Page: actions, action: identifiers},
		{ID: "not-connected", Says: "A branch leads nowhere.", Page: actions},
		{ID: "empty-text", Says: "An empty text in the parameters or an operand; a blank is taken.", Remedy: "fill it in, take the member away, or write a blank", Page: actions, ofAction: true, insteadOf: []string{"empty-reference"}, action: emptyTexts},
		{ID: "missing-parameter", Says: "A required parameter is missing, or there are two where one is taken.", Remedy: "give it one in the flow designer", Page: actions, ofAction: true, insteadOf: []string{"empty-reference"}, action: missingParameters},
		{ID: "required-branch", Says: "A required branch for an error or a result is missing.", Remedy: connect, Page: actions, ofAction: true, insteadOf: []string{"missing-branch"}, action: missingBranches},
		{ID: "superfluous-branch", Says: "A branch for an error that the block, as it is set, does not have.", Remedy: "take it away", Page: actions, Fix: "takes the branch away", ofAction: true, action: superfluousBranches},
		{ID: "next-action", Says: "An action without NextAction that ends nothing, or one with transitions that does.", Remedy: "connect it, or end the flow with a block of its own", Page: actions, Fix: "NextAction of a block that never takes it, as the designer writes it", ofAction: true, action: unfollowed},
		{ID: "compare", Says: "ComparisonValue is not one path to a value.", Remedy: "compare a path such as $.Attributes.name", Page: reference + "flow-control-actions-compare.html", action: comparison},
		{ID: "path-place", Says: "A path stands where none may, or not alone where it must.", Page: actions, ofAction: true, action: paths},
		{ID: "number", Says: "A number is none, or out of bounds.", Remedy: "give it a number within them", Page: actions, ofAction: true, action: numbers},
		{ID: "parameter-name", Says: "A parameter has a name that only an older page knows.", Remedy: "name it TimeLimitSeconds", Page: reference + "flow-control-actions-wait.html", Fix: "the name", action: parameterNames},
		{ID: "flow-attributes", Says: "The value of a flow attribute is no object with Value.", Remedy: `write {"Value": "…"}`, Page: reference + "flow-control-actions-updateflowattributes.html", Fix: "the object around the value", action: flatAttributes},
		{ID: "contact-data", Says: "UpdateContactData sets nothing, or what is refused.", Page: reference + "contact-actions-updatecontactdata.html", action: contactData},
		{ID: "context-variables", Says: "More than ten variables for an application of Agentic CX Designer.", Page: blocks, ofAction: true, action: contextVariables},
		{ID: "tags", Says: "More than six tags, or none.", Page: reference + "contact-actions-tagcontact.html", ofAction: true, action: tags},
		{ID: "wait-event", Says: "A Wait waits for an event that does not exist.", Remedy: "the events are CustomerReturned and BotParticipantDisconnected", Page: reference + "flow-control-actions-wait.html", action: events},
		{ID: "wait-inside", Says: "A Wait in the branch Continue of another one.", Remedy: "lead the branch back to its Wait before", Page: guide + "wait.html", action: waitInside},
		{ID: "hook", Says: "UpdateContactEventHooks names a hook that does not exist, or more than one.", Page: reference + "contact-actions-updatecontacteventhooks.html", action: hookNames},
		{ID: "flow-type", Says: "An action that the type of the flow does not allow. A warning where nothing says the type.", Remedy: "use a flow of another type", Page: guide + "create-contact-flow.html", ofAction: true, action: misplaced},
		{ID: "settings", Says: "A flow module without Settings, or a flow with them.", Page: guide + "contact-flow-modules.html", flow: settings},
		{ID: "module-result", Says: "A module returns a result that it does not declare.", Remedy: "declare it as a branch of the module", Page: guide + "contact-flow-modules.html", action: results},
	}
	for i := range rules {
		rules[i].Level = flow.Refused
	}
	rules = slices.Concat(rules, testRules(), scenarioRules(), botRules())
	return append(rules, []Rule{
		// Without these no flow runs.
		{ID: "file", Level: flow.Broken, Says: "The file cannot be read.", Page: export},
		{ID: "not-json", Level: flow.Broken, Says: "The file is no JSON.", Page: export},
		{ID: "yaml", Level: flow.Broken, Says: "The file is YAML.", Page: export},
		{ID: "terraform", Level: flow.Broken, Says: "The file is a Terraform configuration.", Page: export},
		{ID: "no-flow", Level: flow.Broken, Says: "The file is JSON and holds no flow.", Page: export},
		{ID: "no-content", Level: flow.Broken, Says: "The description of a flow has no content.", Page: "https://docs.aws.amazon.com/connect/latest/APIReference/API_DescribeContactFlow.html"},
		{ID: "cannot-join", Level: flow.Broken, Says: "The content of a flow in a template is put together by functions that only CloudFormation can run.", Page: "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-connect-contactflow.html"},
		{ID: "wrapping", Level: flow.Broken, Says: "The flow stands in a text within a text, again and again.", Page: export},
		{ID: "shape", Level: flow.Broken, Says: "A member of the flow has a JSON type that does not belong there.", Page: language},
		{ID: "no-actions", Level: flow.Broken, Says: "The flow has no actions.", Page: language},
		{ID: "never-published", Level: flow.Broken, Says: "StartAction is empty: the flow was saved, and never published.", Page: language},
		{ID: "dangling", Level: flow.Broken, Says: "StartAction or a branch names no action of the flow.", Page: actions},
		{ID: "type", Level: flow.Broken, Says: "An action has no Type.", Page: actions},
		{ID: "operator", Level: flow.Broken, Says: "A condition has an operator that does not exist, such as one that joins others.", Page: actions, Fix: "Number… for Numeric…"},
		{ID: "operands", Level: flow.Broken, Says: "A condition has not one operand.", Page: actions},
		// With these a flow runs, and not as it seems to.
		{ID: "parameters", Level: flow.Doubtful, Says: "The member Parameters is missing, which the page demands of every action.", Remedy: "write {}", Page: actions, Fix: "an empty object, for types that need no parameter", action: noParameters},
		{ID: "attribute-unset", Level: flow.Doubtful, Says: "An attribute or a function's result is read, and nobody sets it. A Compare may ask whether there is one.", Page: guide + "connect-attrib-list.html", flow: unset},
		{ID: "namespace", Level: flow.Doubtful, Says: "A flow in the older format reads a value whose place in the newer one is not known.", Page: guide + "connect-attrib-list.html"},
		{ID: "path", Level: flow.Doubtful, Says: "What looks like a path begins with no known name, and stays text.", Page: guide + "connect-attrib-list.html"},
		{ID: "unreachable", Level: flow.Doubtful, Says: "Nothing leads to a block.", Page: actions},
		{ID: "never", Level: flow.Doubtful, Says: "A branch for a result that the block never has.", Page: actions},
		{ID: "missing-branch", Level: flow.Doubtful, Says: "A block can come out in a way that it has no branch for.", Page: actions},
		{ID: "circle", Level: flow.Doubtful, Says: "Blocks that lead back to themselves and wait for nobody.", Page: reference + "flow-control-actions-loop.html"},
		{ID: "empty-reference", Level: flow.Doubtful, Says: "A queue, flow, view or the like was not chosen.", Page: blocks},
		{ID: "chat", Level: flow.Doubtful, Says: "A block that chats cannot do; they take its error branch at once.", Page: blocks},
		{ID: "fails", Level: flow.Doubtful, Says: "A block that always fails as it is set.", Page: blocks},
		{ID: "differs", Level: flow.Doubtful, Says: "A block does less in a chat than it seems to.", Page: blocks},
		{ID: "not-run", Level: flow.Doubtful, Says: "Nothing on this machine answers this block.", Page: blocks},
		{ID: "view-data", Level: flow.Doubtful, Says: "A view without data, or with too much of it.", Page: guide + "show-view-block.html"},
		{ID: "view-template", Level: flow.Doubtful, Says: "The template of a view is in its instance only.", Page: guide + "view-resources-managed-view.html"},
	}...)
}

// declared are the results that a module declares, as far as its file has them.
func (i *inspection) declared() []string {
	var settings struct {
		Transitions []struct{ ReferenceName string }
	}
	if json.Unmarshal(i.source.Document.Settings, &settings) != nil {
		return nil
	}
	var names []string
	for _, t := range settings.Transitions {
		names = append(names, t.ReferenceName)
	}
	return names
}
